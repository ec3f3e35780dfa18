import { type Api, type Routes } from '@waymark/contracts';
import { traced } from '@waymark/tracing/koa';
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import { logRequests } from './access-log.ts';
import { keepDeadline } from './deadline.ts';
import { onlySigned } from './internal.ts';
import { limitRequests, RequestLimit } from './limit.ts';
import { answerProblems } from './problems.ts';
import { routesOf, type Handlers } from './routes.ts';

export interface AppParts<A extends Api> {
  api: A;
  handlers: Handlers<A>;
  log: Logger;
  /** How many requests are handled at once. */
  limit?: RequestLimit;
  /** Set where only other services may ask: what they sign their requests with. */
  secret?: string;
  /** True for the service that callers from outside come in by. */
  entry?: boolean;
  /** Middleware that runs before the routes, inside tracing and problem answers. */
  before?: Middleware[];
}

/** The Koa app of a service: tracing, access log, problem answers, its share of the load, deadline, and the routes of its contract. */
export function serviceApp<R extends Routes>(parts: AppParts<Api<R>>): Koa {
  const { api, handlers, log, limit = new RequestLimit(Infinity), secret, entry = false, before = [] } = parts;
  const app = new Koa();
  const router = routesOf(api, handlers, { internal: secret !== undefined });
  app.use(traced({ entry })).use(logRequests(log)).use(answerProblems(log)).use(limitRequests(limit)).use(keepDeadline({ entry }));
  if (secret) app.use(onlySigned(secret));
  for (const middleware of before) app.use(middleware);
  app.use(router.routes()).use(router.allowedMethods());
  app.on('error', (error) => log.warn({ err: error }, 'the answer could not be sent'));
  return app;
}
