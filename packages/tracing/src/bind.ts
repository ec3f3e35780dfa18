import { context } from '@opentelemetry/api';

/**
 * `fn`, to be called by whoever and whenever: it runs in the context that is active now. For listeners, callback queues and pools, which
 * would run it in the context of the event. `this`, parameters and result are its own.
 */
export function bind<F extends (this: never, ...args: never[]) => unknown>(fn: F): F {
  return context.bind(context.active(), fn);
}
