import { fileURLToPath } from 'node:url';
import { inventoryApi, orderApi } from '@waymark/contracts';
import { clientOf, migrate, openDatabase, openJobs, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import type { Parts } from './parts.ts';
import { routes } from './routes.ts';
import { works } from './works.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function orderService(config: Config, log: Logger): Service {
  const db = openDatabase(config.DATABASE_URL, log);
  const jobs = openJobs(db, log, config.JOB_MAX_ATTEMPTS);
  const inventory = clientOf(inventoryApi, config.INVENTORY_URL);
  const parts: Parts = { db, inventory, jobs, log, fulfilmentDelaySeconds: config.FULFILMENT_DELAY_SECONDS };
  const health = { check: () => db.query('select 1'), draining: false };
  return {
    app: serviceApp({ api: orderApi, handlers: routes(parts), log, health }),
    health,
    listen: config,
    async start() {
      await migrate(db, MIGRATIONS, 'order', log);
      await jobs.start(works(parts));
    },
    async stop() {
      await jobs.stop();
      await db.close();
    },
  };
}
