import { fileURLToPath } from 'node:url';
import { authApi } from '@waymark/contracts';
import { migrate, openDatabase, RequestLimit, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import { auditTrail } from './audit-trail.ts';
import { pruneAttempts, pruneAuditTrail, pruneSessions } from './auth-db.ts';
import type { Config } from './config.ts';
import { routes } from './routes.ts';
import { seedUsers } from './seed-users.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

export function authService(config: Config, log: Logger): Service {
  const db = openDatabase(config, log);
  const audit = auditTrail(db);
  const limit = new RequestLimit(config.MAX_REQUESTS);
  return {
    app: serviceApp({ api: authApi, handlers: routes(db, audit), log, limit, secret: config.INTERNAL_SECRET }),
    ready: () => db.ready(),
    limit,
    listen: config,
    migrate: () => migrate(db, MIGRATIONS, 'auth', log),
    start: () => seedUsers(db),
    async prune() {
      await pruneSessions(db);
      await pruneAttempts(db);
      await pruneAuditTrail(db);
    },
    async stop() {
      await audit.close();
      await db.close();
    },
  };
}
