import { setTimeout as delay } from 'node:timers/promises';
import type { Shopper } from '../src/shop/shopper.ts';

/** Places orders at a steady rate, whatever becomes of them, until it is disposed. */
export function keepOrdering(shopper: Shopper, perSecond: number): AsyncDisposable {
  const stop = new AbortController();
  const pending = new Set<Promise<unknown>>();
  const loop = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const order = shopper.place('desk-lamp').catch(() => undefined);
      pending.add(order);
      void order.finally(() => pending.delete(order));
      await delay(1_000 / perSecond, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
      await Promise.all(pending);
    },
  };
}
