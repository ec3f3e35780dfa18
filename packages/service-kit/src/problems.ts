import { activeTraceId, annotate, failActive, PROBLEM_CODE } from '@waymark/tracing';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { asProblem, Problem } from './problem.ts';

/** Koa middleware: answers what is thrown or not found as `application/problem+json`, and records it on the request's span. */
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
        // Shed requests are many, and not an error of ours.
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

/** Where no route answered, Koa's status is 404, or 405 or 501 from the router, which has set Allow. */
function refuseUnanswered(ctx: Context): void {
  if (ctx.status === 404) throw new Problem(404, 'not_found', `There is nothing at ${ctx.method} ${ctx.path}.`);
  if (ctx.status === 405 || ctx.status === 501) {
    throw new Problem(405, 'method_not_allowed', `${ctx.path} takes ${ctx.response.get('allow') || 'no such method'}.`);
  }
}
