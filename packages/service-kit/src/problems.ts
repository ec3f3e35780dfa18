import { activeTraceId, annotate, failActive } from '@waymark/tracing';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { asProblem, Problem } from './problem.ts';

/** Koa middleware: whatever is thrown, or not found, is answered as `application/problem+json` and noted on the request's span. */
export function answerProblems(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null) throw new Problem(404, 'not_found', `There is nothing at ${ctx.method} ${ctx.path}.`);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status >= 500) {
        const cause = problem.cause ?? error;
        failActive(cause);
        log.error({ err: cause, code: problem.code }, 'request failed');
      }
      annotate({ 'error.type': problem.code });
      ctx.status = problem.status;
      ctx.set(problem.extra.headers ?? {});
      ctx.type = 'application/problem+json';
      ctx.body = JSON.stringify(problem.toDetails(activeTraceId()));
    }
  };
}
