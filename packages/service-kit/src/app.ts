import { type Api, type Routes } from '@waymark/contracts';
import { traced } from '@waymark/tracing';
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import { logRequests } from './access-log.ts';
import { keepDeadline } from './deadline.ts';
import { answerHealth, type Health } from './health.ts';
import { answerProblems } from './problems.ts';
import { routesOf, type Handlers } from './routes.ts';

export interface AppParts<A extends Api> {
  api: A;
  handlers: Handlers<A>;
  log: Logger;
  health: Health;
  /** True for the service that callers from outside come in by. */
  entry?: boolean;
  /** What runs before the routes, inside tracing and problem answers. */
  before?: Middleware[];
}

/** The Koa app of a service: health, tracing, access log, problem answers, deadline, and the routes of its contract. */
export function serviceApp<R extends Routes>({ api, handlers, log, health, entry = false, before = [] }: AppParts<Api<R>>): Koa {
  const app = new Koa();
  const router = routesOf(api, handlers);
  app
    .use(closeWhileDraining(health))
    .use(answerHealth(health))
    .use(traced({ entry }))
    .use(logRequests(log))
    .use(answerProblems(log))
    .use(keepDeadline);
  for (const middleware of before) app.use(middleware);
  app.use(router.routes()).use(router.allowedMethods());
  app.on('error', (error) => log.warn({ err: error }, 'the answer could not be sent'));
  return app;
}

/** A connection that is kept alive would keep a draining server from closing. */
function closeWhileDraining(health: Health): Middleware {
  return async (ctx, next) => {
    await next();
    if (health.draining) ctx.set('connection', 'close');
  };
}
