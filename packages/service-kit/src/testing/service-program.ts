// A service whose requests, background work and start (if SLOW_START is set) wait for SIGUSR2.
import { once } from 'node:events';
import { api } from '@waymark/contracts';
import { z } from 'zod';
import { databaseUrl, endsWithin, listenOn, openDatabase, readConfig, run, serviceApp } from '../index.ts';

const slowApi = api('slow', {
  wait: { method: 'GET', path: '/wait', summary: 'Wait', answers: { 200: z.string() } },
  later: { method: 'POST', path: '/jobs', summary: 'Do it later', answers: { 201: z.string() } },
});

process.on('SIGUSR2', () => undefined);

await run('slow', (log) => {
  const config = readConfig({ ...listenOn(0), DATABASE_URL: databaseUrl('slow'), SLOW_START: z.string().default('') });
  const db = openDatabase(config.DATABASE_URL, log);
  let working: Promise<unknown> | undefined;
  const slowly = async (what: string): Promise<string> => {
    log.info(`${what} begins`);
    // A signal listener alone does not keep the process alive.
    const work = setInterval(() => undefined, 1_000);
    await once(process, 'SIGUSR2');
    clearInterval(work);
    log.info(`${what} ends`);
    return what;
  };
  const handlers = {
    wait: () => slowly('the request'),
    later: async () => {
      working = slowly('the job');
      return 'later';
    },
  };
  return {
    app: serviceApp({ api: slowApi, handlers, log }),
    ready: () => db.ready(),
    listen: config,
    async start() {
      await db.ready();
      if (config.SLOW_START) await slowly('the start');
    },
    drain: async (ms) => void (await endsWithin(ms, working)),
    stop: () => db.close(),
  };
});
