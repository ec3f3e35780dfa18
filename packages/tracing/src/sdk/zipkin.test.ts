import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { runProgram } from '../testing/run-program.ts';
import { traceBackend } from '../testing/trace-backend.ts';
import type { ZipkinSpan } from '../testing/zipkin-format.ts';
import { startZipkin } from '../testing/zipkin-server.ts';
import { wholeMicroseconds } from './zipkin.ts';

type Times = [startMs: number, endMs: number];

/** Creates spans with these times, in milliseconds since 1970. */
function spansAt(times: readonly Times[]): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] }).getTracer('test');
  times.forEach(([startTime, end], at) =>
    tracer.startSpan(`${at}`, { kind: SpanKind.SERVER, startTime: hrTime(startTime) }).end(hrTime(end)),
  );
  return memory.getFinishedSpans();
}

const hrTime = (ms: number): [number, number] => [Math.trunc(ms / 1_000), Math.floor((ms % 1_000) * 1e6)];

const send = async (origin: string, spans: ReadableSpan[]): Promise<ExportResult> => {
  const exporter = wholeMicroseconds(new ZipkinExporter({ url: `${origin}/api/v2/spans` }));
  return new Promise((resolve) => exporter.export(spans, resolve));
};

/** Times after 2020, with fractions of a microsecond, as from the monotonic clock. */
const moment = fc.double({ min: 1.6e12, max: 2e12, noNaN: true });
const length = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e7, noNaN: true }), fc.double({ min: 0, max: 0.01, noNaN: true }));

test('Zipkin accepts spans of any precision, and they stay within their parents', async () => {
  await using backend = await traceBackend();
  await fc.assert(
    fc.asyncProperty(moment, length, fc.double({ min: 0, max: 1, noNaN: true }), async (start, duration, part) => {
      const parent: Times = [start, start + duration];
      const child: Times = [start + duration * part * part, start + duration * part];
      expect(await send(backend.origin, spansAt([parent, child]))).toEqual({ code: ExportResultCode.SUCCESS });
      const [outer, inner] = backend.received.zipkin.splice(0);
      expect(inner?.duration).toBeGreaterThanOrEqual(1);
      expect(inner?.timestamp).toBeGreaterThanOrEqual(outer?.timestamp ?? Infinity);
      expect(endOf(inner)).toBeLessThanOrEqual(Math.max(endOf(outer), (inner?.timestamp ?? 0) + 1));
    }),
  );
});

const endOf = (span: ZipkinSpan | undefined): number => (span?.timestamp ?? NaN) + (span?.duration ?? NaN);

const SPAN = {
  traceId: '5f'.repeat(16),
  id: 'a1'.repeat(8),
  timestamp: 1_795_540_797_313_004,
  duration: 1,
  localEndpoint: { serviceName: 'x' },
};
const bodies: [what: string, body: unknown, status: number][] = [
  ['a whole span', [SPAN], 202],
  ['no spans', [], 202],
  ['a start between two microseconds', [{ ...SPAN, timestamp: 1_795_540_797_313_004.8 }], 400],
  ['half a microsecond', [{ ...SPAN, duration: 0.5 }], 400],
  ['one bad span of two', [SPAN, { ...SPAN, timestamp: 'now' }], 400],
  ['an unknown kind', [{ ...SPAN, kind: 'INTERNAL' }], 400],
  ['an id of too many characters', [{ ...SPAN, id: 'a1'.repeat(9) }], 400],
  ['a trace id that is not hex', [{ ...SPAN, traceId: 'z' }], 400],
  ['an event between two microseconds', [{ ...SPAN, annotations: [{ timestamp: 1.5, value: 'x' }] }], 400],
  ['a tag that is a list', [{ ...SPAN, tags: { a: [1] } }], 400],
  ['not a list', SPAN, 400],
];

const post = async (origin: string, body: unknown): Promise<number> =>
  (await fetch(`${origin}/api/v2/spans`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }))
    .status;

test.each(bodies)('the tests’ backend validates like Zipkin: %s', async (_what, body, status) => {
  await using backend = await traceBackend();
  expect(await post(backend.origin, body)).toBe(status);
});

const jar = process.env['ZIPKIN_JAR'];

(jar ? describe : describe.skip)(`a real Zipkin server${jar ? '' : ' (skipped: ZIPKIN_JAR is not set)'}`, () => {
  let zipkin: Awaited<ReturnType<typeof startZipkin>>;
  beforeAll(async () => {
    zipkin = await startZipkin(jar!);
  });
  afterAll(async () => zipkin[Symbol.asyncDispose]());

  test.each(bodies)('validates like the tests’ backend: %s', async (_what, body, status) => {
    expect(await post(zipkin.origin, body)).toBe(status);
  });

  test('receives every span of a program, with its parent, kind and service', async () => {
    const env = {
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin.origin}/api/v2/spans`,
      OTEL_SERVICE_NAME: 'reader',
    };
    const ran = await runProgram(env, { spans: 300 });
    expect(ran).toMatchObject({ code: 0, errors: '', printed: { deliveries: { waiting: 0, delivered: 300, lost: 0 } } });

    const traces = (await (await fetch(`${zipkin.origin}/api/v2/traces?serviceName=reader&limit=1000`)).json()) as ZipkinSpan[][];
    expect(
      traces
        .flat()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Array.from({ length: 300 }, (_, at) => `work ${at}`).sort());
    expect(new Set(traces.flat().map(({ tags }) => tags?.['waymark.segment.spans']))).toEqual(new Set(['1']));
  });
});
