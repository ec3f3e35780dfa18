import { expect, test } from '@jest/globals';
import { randomFillSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from '../otlp/encode.ts';
import { scanRequest } from '../otlp/scan-request.ts';
import { ExportRequest } from '../otlp/schema.ts';
import { attribute, request, span } from '../testing/otlp.ts';
import { TraceStore } from './trace-store.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const LIMITS = { maxSpans: 100_000, maxAttributeBytes: 65_536, maxSpanBytes: 1_000_000, maxOriginBytes: 100_000 };
const MARK = 'e'.repeat(32);

/** A request whose trace ids are made anew at each call, every so many spans. */
function flood(spansPerTrace: number, attributeBytes: number): () => Buffer {
  const filler = attribute('filler', { stringValue: 'x'.repeat(attributeBytes) });
  const spans = Array.from({ length: 512 }, (_, index) =>
    span(MARK, index + 1, { name: `op ${index % 20}`, kind: 2, attributes: [filler] }),
  );
  const body = Buffer.from(encode(ExportRequest, request([attribute('service.name', { stringValue: 's' })], spans)));
  const mark = Buffer.from(MARK, 'hex');
  const places: number[] = [];
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + 16)) places.push(at);
  const traceId = Buffer.alloc(16);
  return () => {
    for (const [index, place] of places.entries()) {
      if (index % spansPerTrace === 0) randomFillSync(traceId);
      traceId.copy(body, place);
    }
    return body;
  };
}

/** Memory in use after everything that can be collected was. */
function memoryInUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test.each([
  ['many traces of one small span', 1, 10],
  ['traces of 16 spans', 16, 200],
  ['large spans', 4, 5_000],
])('what the store counts is the memory it uses, within a quarter: %s', (_, spansPerTrace, attributeBytes) => {
  const next = flood(spansPerTrace, attributeBytes);
  new TraceStore(1_000_000, 100_000).add(scanRequest(next(), LIMITS));
  const before = memoryInUse();
  const store = new TraceStore(30_000_000, 100_000);
  while (store.stats().evictedTraces < 5_000) store.add(scanRequest(next(), LIMITS));
  const used = memoryInUse() - before;
  expect(store.stats().bytes).toBeLessThanOrEqual(30_000_000);
  expect(used / store.stats().bytes).toBeGreaterThan(0.75);
  expect(used / store.stats().bytes).toBeLessThan(1.25);
});
