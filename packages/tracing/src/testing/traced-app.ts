import Koa, { type Middleware } from 'koa';
import { traced } from '../koa.ts';

/** A Koa app that is traced, and keeps its errors off the console. */
export function tracedApp(...middleware: Middleware[]): Koa {
  const koa = new Koa();
  koa.silent = true;
  for (const one of [traced(), ...middleware]) koa.use(one);
  return koa;
}
