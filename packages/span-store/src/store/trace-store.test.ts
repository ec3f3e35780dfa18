import { expect, test } from '@jest/globals';
import { encode } from '../otlp/encode.ts';
import { scanRequest } from '../otlp/scan-request.ts';
import { ExportRequest } from '../otlp/schema.ts';
import { attribute, request, span } from '../testing/otlp.ts';
import { readTrace } from './read-trace.ts';
import { TraceStore } from './trace-store.ts';

const LIMITS = { maxSpans: 100_000, maxAttributeBytes: 65_536, maxSpanBytes: 1_000_000, maxOriginBytes: 100_000 };
const id = (number: number): string => number.toString(16).padStart(32, '0');
const filler = attribute('filler', { stringValue: 'x'.repeat(10_000) });

function add(store: TraceStore, trace: number, spanId = 1, service = 's'): object {
  const json = request(
    [attribute('service.name', { stringValue: service })],
    [span(id(trace), spanId, { name: `op ${spanId}`, kind: 2, attributes: [filler] })],
  );
  return Object.fromEntries(store.add(scanRequest(encode(ExportRequest, json), LIMITS)));
}

function spanIds(store: TraceStore, trace: number): number[] {
  const found = store.get(id(trace));
  const spans = found === undefined ? [] : readTrace(found, false).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return spans.map(({ spanId }) => Number.parseInt(spanId, 16));
}

test('over the bound, the traces that have been quiet longest go as a whole', () => {
  const store = new TraceStore(1_000_000, 100_000);
  for (let trace = 1; trace <= 300; trace++) add(store, trace);
  const { bytes, maxBytes, traces, spans, evictedTraces, evictedSpans } = store.stats();
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  expect(traces).toBeGreaterThan(40);
  expect([traces + evictedTraces, spans + evictedSpans]).toEqual([300, 300]);
  const present = Array.from({ length: 300 }, (_, index) => store.get(id(index + 1)) !== undefined);
  expect(present).toEqual(present.toSorted((a, b) => Number(a) - Number(b)));
});

test('a trace that is still being added to stays, with all its spans', () => {
  const store = new TraceStore(1_400_000, 100_000);
  for (let round = 1; round <= 300; round++) {
    add(store, 1_000 + round);
    if (round % 10 === 0) add(store, 1, round);
  }
  expect(store.stats().evictedTraces).toBeGreaterThan(100);
  expect(spanIds(store, 1)).toEqual(Array.from({ length: 30 }, (_, index) => (index + 1) * 10));
});

test('spans that come after their trace was evicted are dropped and counted', () => {
  const store = new TraceStore(1_000_000, 100_000);
  for (let trace = 1; trace <= 300; trace++) add(store, trace);
  expect(store.wasEvicted(id(1))).toBe(true);
  expect(add(store, 1, 2)).toEqual({ 'of a trace that was already evicted': 1 });
  expect(store.get(id(1))).toBeUndefined();
  expect(store.stats().lateSpans).toBe(1);
});

test('a trace takes at most a quarter of the memory: further spans are dropped and counted, and the others stay', () => {
  const store = new TraceStore(1_000_000, 100_000);
  for (let trace = 2; trace <= 30; trace++) add(store, trace);
  for (let spanId = 1; spanId <= 24; spanId++) expect(add(store, 1, spanId)).toEqual({});
  for (let spanId = 25; spanId <= 300; spanId++)
    expect(add(store, 1, spanId)).toEqual({ 'of a trace that has 100000 spans or 250000 bytes already': 1 });
  expect(store.stats()).toMatchObject({ traces: 30, evictedTraces: 0, excessSpans: 276 });
  expect(spanIds(store, 1)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
});

test('a resource counts towards its trace each time it changes, as it is written each time when the trace is read', () => {
  const store = new TraceStore(1_000_000, 100_000);
  const services = ['a'.repeat(20_000), 'b'.repeat(20_000)] as const;
  for (let spanId = 1; spanId <= 20; spanId++) add(store, 1, spanId, services[spanId % 2]);
  expect(spanIds(store, 1)).toHaveLength(8);
});

test('a trace has at most the given number of spans', () => {
  const store = new TraceStore(1_000_000, 3);
  for (let spanId = 1; spanId <= 5; spanId++) add(store, 1, spanId);
  expect(spanIds(store, 1)).toEqual([1, 2, 3]);
  expect(add(store, 2)).toEqual({});
});

/** Spans with these ids, of three traces by turns. */
const batch = (...ids: number[]): ReturnType<typeof scanRequest> =>
  scanRequest(
    encode(
      ExportRequest,
      request(
        [attribute('service.name', { stringValue: 's' })],
        ids.map((one) => span(id(one % 3), one, { name: `op ${one}`, attributes: [filler] })),
      ),
    ),
    LIMITS,
  );

test('what is delivered again, even among other spans, is kept once and takes no more memory', () => {
  const store = new TraceStore(10_000_000, 100_000);
  expect(store.add(batch(1, 2, 4, 5)).size).toBe(0);
  store.add(batch(7));
  const { bytes } = store.stats();
  for (let times = 0; times < 100; times++) expect(store.add(batch(1, 2, 4, 5)).size).toBe(0);
  expect(store.stats()).toMatchObject({ bytes, traces: 2, spans: 5, repeatedSpans: 400 });
  expect(spanIds(store, 1)).toEqual([1, 4, 7]);
});

test('services and operations are listed, with kinds, and are bounded too', () => {
  const store = new TraceStore(1_000_000, 100_000);
  add(store, 1, 1, 'a');
  add(store, 1, 2, 'a');
  expect(store.operations('a')).toEqual([
    { name: 'op 1', spanKind: 'server' },
    { name: 'op 2', spanKind: 'server' },
  ]);
  expect(store.operations('a', 'client')).toEqual([]);
  for (let number = 0; number < 2_000; number++) add(store, 2 + number, 1, `service ${number}`);
  expect(store.services().length).toBeLessThan(300);
  expect(store.services().at(-1)).toBe('service 1999');
});
