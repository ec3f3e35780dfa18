import { fileURLToPath } from 'node:url';
import { inventoryApi } from '@waymark/contracts';
import { migrate, openDatabase, openJobs, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import type { Parts } from './parts.ts';
import { scheduleReport } from './report-stock.ts';
import { routes } from './routes.ts';
import { works } from './works.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function inventoryService(config: Config, log: Logger): Service {
  const db = openDatabase(config.DATABASE_URL, log);
  const health = { check: () => db.query('select 1'), draining: false };
  const jobs = openJobs(db, log);
  const parts: Parts = { db, jobs, log, ttlSeconds: config.RESERVATION_TTL_SECONDS, reportSeconds: config.STOCK_REPORT_SECONDS };
  return {
    app: serviceApp({ api: inventoryApi, handlers: routes(parts), log, health }),
    health,
    listen: config,
    async start() {
      await migrate(db, MIGRATIONS, 'inventory', log);
      await jobs.start(works(parts));
      await db.transaction((tx) => scheduleReport(parts, tx));
    },
    async stop() {
      await jobs.stop();
      await db.close();
    },
  };
}
