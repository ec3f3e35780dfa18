import { expect, test } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { PreciseStart } from './precise-start.ts';

const nanoseconds = ([s, ns]: [number, number]): bigint => BigInt(s) * 1_000_000_000n + BigInt(ns);

function siblings(precise: boolean): { starts: bigint[]; ends: bigint[] } {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [...(precise ? [new PreciseStart()] : []), new SimpleSpanProcessor({ exporter })];
  const tracer = new TracerProvider({ spanProcessors }).getTracer('test');
  for (let n = 0; n < 200; n += 1) tracer.startSpan(`span ${n}`).end();
  const spans = exporter.getFinishedSpans();
  return { starts: spans.map(({ startTime }) => nanoseconds(startTime)), ends: spans.map(({ endTime }) => nanoseconds(endTime)) };
}

test('spans that follow one another do so in their times too', () => {
  const { starts, ends } = siblings(true);
  for (let n = 1; n < starts.length; n += 1) {
    expect(starts[n]).toBeGreaterThanOrEqual(ends[n - 1] ?? 0n);
  }
  expect(new Set(siblings(false).starts).size).toBeLessThan(200);
});

test('a start and an end that are given are kept', () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new PreciseStart(), new SimpleSpanProcessor({ exporter })] }).getTracer('test');
  const given: [number, number] = [1_795_540_797, 313_004_800];
  tracer.startSpan('as a pair', { startTime: given }).end([1_795_540_798, 1]);
  tracer.startSpan('as a date', { startTime: new Date(1_795_540_797_313) }).end(new Date(1_795_540_797_314));

  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
    [given, [1_795_540_798, 1]],
    [
      [1_795_540_797, 313_000_000],
      [1_795_540_797, 314_000_000],
    ],
  ]);
});

test('times are those of the wall clock', () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const [start] = siblings(true).starts;
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  expect(start).toBeGreaterThanOrEqual(before);
  expect(start).toBeLessThanOrEqual(after);
});

test('an end that is given as a moment of the monotonic clock is as precise', () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new PreciseStart(), new SimpleSpanProcessor({ exporter })] }).getTracer('test');
  const span = tracer.startSpan('answered');
  const at = performance.now();
  tracer.startSpan('later').end();
  span.end(at);
  const [later, answered] = exporter.getFinishedSpans();
  expect(nanoseconds(answered?.endTime ?? [0, 0])).toBeLessThanOrEqual(nanoseconds(later?.startTime ?? [0, 0]));
});
