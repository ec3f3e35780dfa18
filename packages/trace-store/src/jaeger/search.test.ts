import { expect, test } from '@jest/globals';
import { encode } from '../otlp/encode.ts';
import { scanRequest } from '../otlp/scan-request.ts';
import { ExportRequest } from '../otlp/schema.ts';
import { TraceStore } from '../store/trace-store.ts';
import { attribute, request, span } from '../testing/otlp.ts';
import { search } from './search.ts';
import { inTurns } from '../turns.ts';

const ANY = {
  service: '',
  operation: '',
  startMin: 0n,
  startMax: 2n ** 63n,
  durationMin: 0n,
  durationMax: 0n,
  attributes: new Map(),
  limit: 100_000,
};

function flood(store: TraceStore, from: number, count: number): void {
  const filler = attribute('filler', { stringValue: 'x'.repeat(100) });
  const spans = Array.from({ length: count }, (_, index) =>
    span((from + index).toString(16).padStart(32, '0'), 1, { name: 'a', attributes: [filler] }),
  );
  store.add(
    scanRequest(encode(ExportRequest, request([], spans)), {
      maxSpans: count,
      maxAttributeBytes: 1_000,
      maxSpanBytes: 1_000_000,
      maxOriginBytes: 100_000,
    }),
  );
}

test('a search lets new spans in, and passes over what they evict', async () => {
  const store = new TraceStore(20_000_000, 100_000);
  flood(store, 1, 20_000);
  const searching = inTurns(search(store, ANY));
  setImmediate(() => flood(store, 100_000, 30_000));
  const found = await searching;
  expect(store.stats().evictedTraces).toBeGreaterThan(10_000);
  const kept = new Set(store.newestFirst());
  expect(found.filter((trace) => !kept.has(trace)).length).toBe(0);
}, 30_000);
