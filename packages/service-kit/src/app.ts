import { type Api, type Routes } from '@waymark/contracts';
import { traced } from '@waymark/tracing/koa';
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import { logRequests } from './access-log.ts';
import { keepDeadline } from './deadline.ts';
import { requestFaults } from './faults.ts';
import { onlySigned } from './internal.ts';
import { limitRequests, RequestLimit } from './limit.ts';
import { answerProblems } from './problems.ts';
import { routesOf, type Handlers } from './routes.ts';

export interface AppParts<A extends Api> {
  api: A;
  handlers: Handlers<A>;
  log: Logger;
  /** Limits how many requests are handled at once. */
  limit?: RequestLimit;
  /** The secret that callers sign their requests with, if only other services may call this one. */
  secret?: string;
  /** True for the service that receives requests from outside. */
  entry?: boolean;
  /** How many proxies stand before the service, each of which adds an address to `X-Forwarded-For`. */
  proxies?: number;
  /** Files for a browser. They are served without a trace: theirs would hide those of the service. */
  files?: Middleware;
  /** Middleware that runs before the routes, inside tracing and problem answers. */
  before?: Middleware[];
}

/** The Koa app of a service: tracing, access log, problem documents, load limit, deadline, and the routes of its contract. */
export function serviceApp<R extends Routes>(parts: AppParts<Api<R>>): Koa {
  const { api, handlers, log, limit = new RequestLimit(Infinity), secret, entry = false, proxies = 0, files, before = [] } = parts;
  const app = new Koa({ proxy: proxies > 0, maxIpsCount: proxies });
  const router = routesOf(api, handlers, { internal: secret !== undefined });
  if (files) app.use(files);
  app
    .use(traced({ entry }))
    .use(logRequests(log))
    .use(answerProblems(log))
    .use(limitRequests(limit, { entry }))
    .use(keepDeadline({ entry }));
  if (entry) app.use(requestFaults);
  if (secret) app.use(onlySigned(secret));
  for (const middleware of before) app.use(middleware);
  app.use(router.routes()).use(router.allowedMethods());
  app.on('error', (error) => log.warn({ err: error }, 'could not send the response'));
  return app;
}
