import Koa, { type Context, type Middleware } from 'koa';
import { traced, type TracedOptions } from '../http/koa.ts';

/** A traced Koa app, which does not print its errors. */
export function tracedApp(...middleware: Middleware[]): Koa {
  return appTraced({}, ...middleware);
}

/** The same with options for `traced`. */
export function appTraced(options: TracedOptions<Context>, ...middleware: Middleware[]): Koa {
  const koa = new Koa();
  koa.silent = true;
  for (const one of [traced(options), ...middleware]) koa.use(one);
  return koa;
}
