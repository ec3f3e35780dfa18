import type { authApi } from '@waymark/contracts';
import type { Database, Handlers } from '@waymark/service-kit';
import { LogInAttempts } from './attempts.ts';
import { introspect } from './introspect.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';

export const routes = (db: Database, attempts = new LogInAttempts()): Handlers<typeof authApi> => ({
  logIn: ({ headers, body }) => logIn(db, attempts, { ...body, address: headers['x-client-address'] ?? '' }),
  logOut: ({ headers }) => logOut(db, headers.authorization),
  introspect: ({ body }) => introspect(db, body.token),
});
