import { activeTraceId, annotate, failActive, PROBLEM_CODE } from '@waymark/tracing';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { asProblem, Problem } from './problem.ts';

/** Koa middleware: answers errors and unknown routes with `application/problem+json`, and records them on the request's span. */
export function answerProblems(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body == null) refuseUnanswered(ctx);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status >= 500) {
        const cause = problem.cause ?? error;
        failActive(cause);
        annotate({ 'error.type': problem.code });
        // Shed requests are many and expected, so they are not logged as errors.
        if (problem.code !== 'overloaded') log.error({ err: cause, code: problem.code }, 'request failed');
      }
      annotate({ [PROBLEM_CODE]: problem.code });
      ctx.status = problem.status;
      if (problem.status === 401) ctx.set('www-authenticate', 'Bearer');
      ctx.set(problem.extra.headers ?? {});
      ctx.type = 'application/problem+json';
      ctx.body = JSON.stringify(problem.toDetails(activeTraceId()));
    }
  };
}

/** If no route answered, the status is Koa's 404, or the router's 405 or 501 with Allow. */
function refuseUnanswered(ctx: Context): void {
  if (ctx.status === 404) throw new Problem(404, 'not_found', `No route matches ${ctx.method} ${ctx.path}.`);
  if (ctx.status === 405 || ctx.status === 501) {
    throw new Problem(405, 'method_not_allowed', `${ctx.path} does not support ${ctx.method}. Use ${ctx.response.get('allow')}.`);
  }
}
