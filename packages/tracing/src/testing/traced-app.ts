import Koa, { type Middleware } from 'koa';
import { traced, type TracedOptions } from '../koa.ts';

/** A Koa app that is traced, and keeps its errors off the console. */
export function tracedApp(...middleware: Middleware[]): Koa {
  return appTraced({}, ...middleware);
}

/** The same, traced as `options` say. */
export function appTraced(options: TracedOptions, ...middleware: Middleware[]): Koa {
  const koa = new Koa();
  koa.silent = true;
  for (const one of [traced(options), ...middleware]) koa.use(one);
  return koa;
}
