import { fileURLToPath } from 'node:url';
import { inventoryApi } from '@waymark/contracts';
import { openJobs } from '@waymark/jobs';
import { migrate, openDatabase, RequestLimit, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import { pruneReservations } from './inventory-db.ts';
import { jobHandlers } from './job-handlers.ts';
import type { Parts } from './parts.ts';
import { scheduleReport } from './report-stock.ts';
import { Products } from './products.ts';
import { routes } from './routes.ts';
import { observeStock } from './stock-metrics.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function inventoryService(config: Config, log: Logger): Service {
  const db = openDatabase(config, log);
  const limit = new RequestLimit(config.MAX_REQUESTS);
  const jobs = openJobs(db, log);
  const products = new Products(db, log, { cacheSeconds: config.PRODUCT_CACHE_SECONDS, errorRate: config.BLOOM_ERROR_RATE });
  const parts: Parts = { db, jobs, products, log, ttlSeconds: config.RESERVATION_TTL_SECONDS, reportSeconds: config.STOCK_REPORT_SECONDS };
  return {
    app: serviceApp({ api: inventoryApi, handlers: routes(parts), log, limit, secret: config.INTERNAL_SECRET }),
    ready: () => db.ready(),
    limit,
    listen: config,
    async migrate() {
      await migrate(db, MIGRATIONS, 'inventory', log);
      await jobs.migrate();
    },
    async start() {
      await products.start();
      observeStock(db.control);
      await jobs.start(jobHandlers(parts));
      await db.transaction((tx) => scheduleReport(parts, tx));
    },
    async prune() {
      await pruneReservations(db);
      await jobs.prune();
    },
    drain: (ms) => jobs.stop(ms),
    async stop() {
      await jobs.stop(0);
      await products.stop();
      await db.close();
    },
  };
}
