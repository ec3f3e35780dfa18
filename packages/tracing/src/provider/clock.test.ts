import { expect, test } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Tracer } from '@opentelemetry/api';
import type { ReadableSpan } from './interfaces.ts';
import { resourceOf } from '../sdk/resource.ts';
import { alwaysOn } from './samplers.ts';
import { LeanTracerProvider } from './tracer-provider.ts';

const nanoseconds = ([s, ns]: [number, number]): bigint => BigInt(s) * 1_000_000_000n + BigInt(ns);

function recorder(): { tracer: Tracer; ended: () => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter();
  const processors = [new SimpleSpanProcessor({ exporter })];
  const provider = new LeanTracerProvider({ resource: resourceOf({}), sampler: alwaysOn, processors });
  return { tracer: provider.getTracer('test'), ended: () => exporter.getFinishedSpans() };
}

function siblings(): { starts: bigint[]; ends: bigint[] } {
  const { tracer, ended } = recorder();
  for (let n = 0; n < 200; n += 1) tracer.startSpan(`span ${n}`).end();
  return { starts: ended().map(({ startTime }) => nanoseconds(startTime)), ends: ended().map(({ endTime }) => nanoseconds(endTime)) };
}

test('consecutive spans have consecutive times', () => {
  const { starts, ends } = siblings();
  for (let n = 1; n < starts.length; n += 1) {
    expect(starts[n]).toBeGreaterThanOrEqual(ends[n - 1] ?? 0n);
  }
});

test('explicit start and end times are kept', () => {
  const { tracer, ended } = recorder();
  const given: [number, number] = [1_795_540_797, 313_004_800];
  tracer.startSpan('as a pair', { startTime: given }).end([1_795_540_798, 1]);
  tracer.startSpan('as a date', { startTime: new Date(1_795_540_797_313) }).end(new Date(1_795_540_797_314));

  const spans = ended();
  expect(spans.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
    [given, [1_795_540_798, 1]],
    [
      [1_795_540_797, 313_000_000],
      [1_795_540_797, 314_000_000],
    ],
  ]);
});

test('times follow the wall clock', () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const [start] = siblings().starts;
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  expect(start).toBeGreaterThanOrEqual(before);
  expect(start).toBeLessThanOrEqual(after);
});

test('an explicit end from the monotonic clock keeps its precision', () => {
  const { tracer, ended } = recorder();
  const span = tracer.startSpan('answered');
  const at = performance.now();
  tracer.startSpan('later').end();
  span.end(at);
  const [later, answered] = ended();
  expect(nanoseconds(answered?.endTime ?? [0, 0])).toBeLessThanOrEqual(nanoseconds(later?.startTime ?? [0, 0]));
});
