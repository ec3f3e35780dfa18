// A worker whose jobs wait for SIGUSR2.
import { once } from 'node:events';
import { openDatabase, serviceLog } from '@waymark/service-kit';
import { openJobs } from '../jobs.ts';
import { handle } from '../job.ts';
import { echoJob } from './echo-job.ts';

const log = serviceLog('worker');
const db = openDatabase(process.env['DATABASE_URL'] ?? '', log);
const jobs = openJobs(db, log, 3);
process.on('SIGUSR2', () => log.info('released'));
await jobs.start([
  handle(echoJob, {
    async run({ text }) {
      log.info(`working on ${text}`);
      await once(process, 'SIGUSR2');
      log.info(`done with ${text}`);
    },
  }),
]);
