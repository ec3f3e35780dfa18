import { expect, test } from '@jest/globals';
import { inTurns } from '@waymark/span-store';
import type { TraceStore } from '@waymark/span-store';
import { addSpans, attribute, emptyStore, request, span } from '@waymark/span-store/testing';
import { search } from './search.ts';

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
  addSpans(store, request([], spans));
}

test('a search lets new spans in, and passes over what they evict', async () => {
  const store = emptyStore(20_000_000);
  flood(store, 1, 20_000);
  const searching = inTurns(search(store, ANY));
  setImmediate(() => flood(store, 100_000, 30_000));
  const found = await searching;
  expect(store.stats().evictedTraces).toBeGreaterThan(10_000);
  const kept = new Set(store.newestFirst());
  expect(found.filter((trace) => !kept.has(trace)).length).toBe(0);
}, 30_000);
