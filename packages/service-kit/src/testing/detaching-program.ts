// A service that detaches tasks: one waits for SIGUSR2 and then queries the database, the other never ends.
import { once } from 'node:events';
import { api } from '@waymark/contracts';
import { detach } from '@waymark/context';
import { z } from 'zod';
import { databaseUrl, listenOn, openDatabase, readConfig, run, serviceApp } from '../index.ts';

const detachApi = api('detaching', {
  soon: { method: 'POST', path: '/soon', summary: 'Detach a task that ends', answers: { 201: z.string() } },
  never: { method: 'POST', path: '/never', summary: 'Detach a task that never ends', answers: { 201: z.string() } },
});

process.on('SIGUSR2', () => undefined);

await run('detaching', (log) => {
  const config = readConfig({ ...listenOn(0), DATABASE_URL: databaseUrl('detaching') });
  const db = openDatabase(config.DATABASE_URL, log);
  const handlers = {
    soon: () => {
      detach('send receipt', { text: 'sent' }, async ({ text }) => {
        await once(process, 'SIGUSR2');
        log.info({ rows: await db.query('select $1 as text', [text]) }, 'the task ends');
      });
      return Promise.resolve('soon');
    },
    never: () => {
      detach('wait for ever', null, () => once(process, 'never'));
      return Promise.resolve('never');
    },
  };
  return { app: serviceApp({ api: detachApi, handlers, log }), ready: () => db.ready(), listen: config, stop: () => db.close() };
});
