import { expect } from '@jest/globals';
import { startShop, type Shop, type ShopOptions } from '@waymark/local-stack';
import { settled, verify, type Trace } from '@waymark/trace-model';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts';
import { Shopper } from './shopper.ts';
import { sketch } from './sketch.ts';

export interface TracedShop extends AsyncDisposable {
  shop: Shop;
  traces: OtlpReceiver;
  /** Somebody new, not logged in. */
  shopper(): Shopper;
  /** Waits for the answer's trace to look like this sketch and to be sound, and fails with the difference if it does not. */
  expectTrace(answer: { traceId: string }, expected: string): Promise<Trace>;
}

/** The whole shop as child processes on free ports, with a database of its own, exporting its spans to a receiver in this process. */
export async function startTracedShop(env: NonNullable<ShopOptions['env']> = {}): Promise<TracedShop> {
  const traces = await startOtlpReceiver();
  const shop = await startShop({
    env: {
      ...env,
      all: {
        OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        ...env.all,
      },
    },
  });
  return {
    shop,
    traces,
    shopper: () => new Shopper(shop.urls.gateway),
    async expectTrace({ traceId }, expected) {
      const trace = await traces.when(traceId, (sofar) => settled(sofar).settled && sketch(sofar) === expected.trim());
      expect(sketch(trace)).toBe(expected.trim());
      expect(settled(trace)).toEqual({ settled: true, awaited: [], undeclared: [], unknown: [] });
      expect(verify(trace)).toEqual([]);
      return trace;
    },
    async [Symbol.asyncDispose]() {
      await shop.close();
      await traces[Symbol.asyncDispose]();
    },
  };
}
