// A service whose requests, jobs and start (where SLOW_START is set) end at SIGUSR2, not before.
import { once } from 'node:events';
import { api } from '@waymark/contracts';
import { z } from 'zod';
import { databaseUrl, handle, listenOn, openDatabase, openJobs, readConfig, run, serviceApp } from '../index.ts';
import { echoJob } from './echo-job.ts';

const slowApi = api('slow', {
  wait: { method: 'GET', path: '/wait', summary: 'Wait', answers: { 200: z.string() } },
  later: { method: 'POST', path: '/jobs', summary: 'Do it later', answers: { 201: z.string() } },
});

process.on('SIGUSR2', () => undefined);

await run('slow', (log) => {
  const config = readConfig({ ...listenOn(0), DATABASE_URL: databaseUrl('slow'), SLOW_START: z.string().default('') });
  const db = openDatabase(config.DATABASE_URL, log);
  const jobs = openJobs(db, log, 3);
  const slowly = async (what: string): Promise<string> => {
    log.info(`${what} begins`);
    // Waiting for a signal alone would let the process end.
    const work = setInterval(() => undefined, 1_000);
    await once(process, 'SIGUSR2');
    clearInterval(work);
    log.info(`${what} ends`);
    return what;
  };
  const handled = [handle(echoJob, { run: async () => void (await slowly('the job')) })];
  const handlers = {
    wait: () => slowly('the request'),
    later: async () => {
      await db.transaction((tx) => jobs.add(tx, echoJob, { text: 'later' }));
      return 'later';
    },
  };
  return {
    app: serviceApp({ api: slowApi, handlers, log }),
    ready: () => db.ready(),
    listen: config,
    async start() {
      if (config.SLOW_START) await slowly('the start');
      await jobs.start(handled);
    },
    drain: (ms) => jobs.stop(ms),
    stop: () => db.close(),
  };
});
