import { expect, test } from '@jest/globals';
import { createTraceState, SpanKind, SpanStatusCode, type Attributes, type HrTime, type SpanContext } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '../provider/interfaces.ts';
import fc from 'fast-check';
import { exportRequest, writeSpan } from './otlp.ts';
import { ProtoWriter } from './proto-writer.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 80 }),
  // Any UTF-16, lone surrogates included.
  fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme-ascii', minLength: 40, maxLength: 60 }),
  fc.string({ minLength: 120, maxLength: 140 }),
  fc.constantFrom('', 'x'.repeat(16_383), 'é'.repeat(30_000), '😀'.repeat(40_000), '\uD800'),
);

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    127,
    128,
    -1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    -(2 ** 63),
    2 ** 62,
    NaN,
    Infinity,
    0.1,
  ),
);

const value: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4 }),
  ),
})).any;

const attributes = fc.dictionary(text, value, { maxKeys: 30 }) as fc.Arbitrary<Attributes>;
const count = fc.nat({ max: 2 ** 31 });
const time: fc.Arbitrary<HrTime> = fc.tuple(fc.nat({ max: 2 ** 31 - 1 }), fc.nat({ max: 999_999_999 }));
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
const context: fc.Arbitrary<SpanContext> = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    traceFlags: fc.nat({ max: 255 }),
    isRemote: fc.boolean(),
    traceState: fc.constantFrom(createTraceState('a=1,b=2'), createTraceState('')),
  },
  { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
);

const resource = resourceFromAttributes(
  { 'service.name': 'order', 'service.version': '7', 'process.pid': 1 },
  { schemaUrl: 'https://schema/1' },
);
const scopes = [
  { name: '@waymark/tracing', version: '0.0.0' },
  { name: 'pg' },
  { name: 'ünï', version: '', schemaUrl: 'https://schema/2' },
];

const span: fc.Arbitrary<ReadableSpan> = fc
  .record({
    name: text,
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
    self: context,
    parentSpanContext: fc.oneof(context, fc.constantFrom(undefined, { traceId: '', spanId: '', traceFlags: 0 })),
    startTime: time,
    endTime: time,
    status: fc.record(
      { code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR), message: text },
      { requiredKeys: ['code'] },
    ),
    attributes,
    links: fc.array(fc.record({ context, attributes, droppedAttributesCount: count }, { requiredKeys: ['context'] }), { maxLength: 3 }),
    events: fc.array(fc.record({ time, name: text, attributes, droppedAttributesCount: count }, { requiredKeys: ['time', 'name'] }), {
      maxLength: 3,
    }),
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
    instrumentationScope: fc.constantFrom(...scopes),
  })
  .map(({ self, ...rest }) => ({ ...rest, spanContext: () => self, resource, duration: [0, 0], ended: true }) as unknown as ReadableSpan);

/** Returns the request that our queue would send for these spans. */
function encoded(spans: readonly ReadableSpan[]): Buffer {
  const writers = new Map<ReadableSpan['instrumentationScope'], ProtoWriter>();
  for (const one of spans) {
    const writer = writers.get(one.instrumentationScope) ?? new ProtoWriter(1);
    writers.set(one.instrumentationScope, writer);
    writeSpan(writer, one);
  }
  return Buffer.concat(
    exportRequest(
      resource,
      [...writers].map(([scope, writer]) => ({ scope, bytes: writer.written })),
    ),
  );
}

test("a request has the same bytes as with OpenTelemetry's serializer", () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), (spans) => {
      const expected = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans)!);
      expect(encoded(spans).toString('hex')).toBe(expected.toString('hex'));
    }),
    { numRuns: 150 },
  );
}, 60_000);

function written(write: (to: ProtoWriter) => void): string {
  const to = new ProtoWriter(1);
  write(to);
  return to.written.toString('hex');
}

test('attributes have the same bytes as a list and as an object', () => {
  fc.assert(
    fc.property(attributes, (given) => {
      const list = Object.entries(given).flatMap((pair) => pair);
      expect(written((to) => to.attributeList(0x4a, list))).toBe(written((to) => to.attributes(0x4a, given)));
    }),
  );
});
