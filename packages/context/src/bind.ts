import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Returns `fn` bound to the context that is active now: the trace, the RequestContext and what other libraries keep in an
 * AsyncLocalStorage. For listeners, callback queues and pools, which would call it in a context of their own. `this`, parameters and
 * result stay those of `fn`.
 */
export function bind<F extends (this: never, ...args: never[]) => unknown>(fn: F): F {
  return AsyncLocalStorage.bind(fn);
}

/** Runs a function outside of every asynchronous context, as a program's first line runs: no library finds there what it kept for a request. */
export const outside: <T>(fn: () => T) => T = AsyncLocalStorage.snapshot();
