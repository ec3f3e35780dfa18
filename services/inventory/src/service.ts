import { fileURLToPath } from 'node:url';
import { inventoryApi } from '@waymark/contracts';
import { migrate, openDatabase, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import { expireReservations } from './expire-reservations.ts';
import { routes } from './routes.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function inventoryService(config: Config, log: Logger): Service {
  const db = openDatabase(config.DATABASE_URL, log);
  const health = { check: () => db.query('select 1'), draining: false };
  const handlers = routes({ db, ttlSeconds: config.RESERVATION_TTL_SECONDS });
  const stopping = new AbortController();
  let expiring: Promise<void> | undefined;
  return {
    app: serviceApp({ api: inventoryApi, handlers, log, health }),
    health,
    listen: config,
    async start() {
      await migrate(db, MIGRATIONS, 'inventory', log);
      expiring = expireReservations(db, log, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await expiring;
      await db.close();
    },
  };
}
