import Koa, { type Context, type Middleware } from 'koa';
import { traced, type TracedOptions } from '../http/koa.ts';

/** A Koa app that is traced, and keeps its errors off the console. */
export function tracedApp(...middleware: Middleware[]): Koa {
  return appTraced({}, ...middleware);
}

/** The same, traced as `options` say. */
export function appTraced(options: TracedOptions<Context>, ...middleware: Middleware[]): Koa {
  const koa = new Koa();
  koa.silent = true;
  for (const one of [traced(options), ...middleware]) koa.use(one);
  return koa;
}
