import type { authApi } from '@waymark/contracts';
import type { Database, Handlers } from '@waymark/service-kit';
import { introspect } from './introspect.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';

export const routes = (db: Database): Handlers<typeof authApi> => ({
  logIn: ({ body }) => logIn(db, body.email, body.password),
  logOut: ({ headers }) => logOut(db, headers.authorization),
  introspect: ({ body }) => introspect(db, body.token),
});
