import type { Middleware } from 'koa';

/** Koa middleware: sends the answering span as `Server-Timing: traceparent;desc="…"`, which page scripts and tools can read. */
export const serverTiming: Middleware = (ctx, next) => {
  const answering = ctx.response.get('traceresponse');
  if (answering) ctx.set('server-timing', `traceparent;desc="${answering}"`);
  return next();
};
