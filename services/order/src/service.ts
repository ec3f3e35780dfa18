import { fileURLToPath } from 'node:url';
import { inventoryApi, orderApi } from '@waymark/contracts';
import { openJobs } from '@waymark/jobs';
import { clientOf, dependency, migrate, openDatabase, RequestLimit, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import type { Parts } from './parts.ts';
import { jobHandlers } from './job-handlers.ts';
import { prunePlacements } from './order-db.ts';
import { simulatedProvider } from './payment-provider.ts';
import { routes } from './routes.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function orderService(config: Config, log: Logger): Service {
  const db = openDatabase(config, log);
  const jobs = openJobs(db, log, config.JOB_MAX_ATTEMPTS);
  const inventory = clientOf(inventoryApi, config.INVENTORY_URL, config.INTERNAL_SECRET);
  const parts: Parts = {
    db,
    inventory,
    jobs,
    payments: dependency('payments', simulatedProvider),
    log,
    fulfilmentDelaySeconds: config.FULFILMENT_DELAY_SECONDS,
    fulfilWithinSeconds: config.FULFIL_WITHIN_SECONDS,
  };
  // Accepted orders must be fulfilled. While many jobs are waiting, they get most of the database and the CPU.
  const limit = new RequestLimit(() => (jobs.isBehind ? Math.ceil(config.MAX_REQUESTS / 8) : config.MAX_REQUESTS));
  return {
    app: serviceApp({ api: orderApi, handlers: routes(parts), log, limit, secret: config.INTERNAL_SECRET }),
    ready: () => db.ready(),
    limit,
    listen: config,
    async migrate() {
      await migrate(db, MIGRATIONS, 'order', log);
      await jobs.migrate();
    },
    start: () => jobs.start(jobHandlers(parts)),
    async prune() {
      await prunePlacements(db);
      await jobs.prune();
    },
    drain: (ms) => jobs.stop(ms),
    async stop() {
      await jobs.stop(0);
      await db.close();
    },
  };
}
