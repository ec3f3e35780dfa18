import { fileURLToPath } from 'node:url';
import { authApi } from '@waymark/contracts';
import { migrate, openDatabase, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import { routes } from './routes.ts';
import { seedUsers } from './seed-users.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function authService(config: Config, log: Logger): Service {
  const db = openDatabase(config.DATABASE_URL, log);
  const health = { check: () => db.query('select 1'), draining: false };
  return {
    app: serviceApp({ api: authApi, handlers: routes(db), log, health }),
    health,
    listen: config,
    async start() {
      await migrate(db, MIGRATIONS, 'auth', log);
      await seedUsers(db);
    },
    stop: () => db.close(),
  };
}
