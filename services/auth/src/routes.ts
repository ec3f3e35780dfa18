import type { authApi } from '@waymark/contracts';
import type { Database, Handlers } from '@waymark/service-kit';
import { LogInAttempts } from './attempts.ts';
import type { AuditTrail } from './audit-trail.ts';
import { introspect } from './introspect.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';

export const routes = (db: Database, audit: AuditTrail, attempts = new LogInAttempts(db)): Handlers<typeof authApi> => ({
  logIn: ({ headers, body }) => logIn({ db, attempts, audit }, { ...body, address: headers['x-client-address'] ?? '' }),
  logOut: ({ headers }) => logOut(db, audit, headers.authorization),
  introspect: ({ body }) => introspect(db, body.token),
});
