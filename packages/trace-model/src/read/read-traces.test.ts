import { expect, test } from '@jest/globals';
import everyType from '../fixtures/every-type.otlp.json' with { type: 'json' };
import everyTypeV1 from '../fixtures/every-type.jaeger-v1.json' with { type: 'json' };
import orderV1 from '../fixtures/order.jaeger-v1.json' with { type: 'json' };
import orderV3 from '../fixtures/order.jaeger-v3.json' with { type: 'json' };
import order from '../fixtures/order.otlp.json' with { type: 'json' };
import { TraceFormatError } from './json.ts';
import { readTraces } from './read-traces.ts';

const [otlp] = readTraces(order);

/** Converts names to snake_case, which older Jaeger versions used in v3 responses. */
const inSnakeCase = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(inSnakeCase)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value).map(([key, inner]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), inSnakeCase(inner)]),
        )
      : value;

test('OTLP and Jaeger v3, in camelCase and snake_case, are read as the same trace', () => {
  expect(readTraces(orderV3)).toEqual([otlp]);
  expect(readTraces(orderV3.result)).toEqual([otlp]);
  expect(readTraces(inSnakeCase(order))).toEqual([otlp]);
  expect(readTraces({ result: inSnakeCase(order) })).toEqual([otlp]);
});

test('Jaeger v1 is read from a response or as a single trace', () => {
  expect(readTraces(orderV1)[0]?.spans).toHaveLength(16);
  expect(readTraces(orderV1.data[0])).toEqual(readTraces(orderV1));
});

test('chunks of a trace are joined, and copies count once', () => {
  const chunks = order.resourceSpans.map((group) => ({ result: { resourceSpans: [group] } }));
  expect(readTraces(chunks)).toEqual([otlp]);
  const again = readTraces([order, everyType, chunks[0]]);
  expect(again.map((trace) => [trace.spans.length, trace.repeated?.length])).toEqual([
    [16, 3],
    [4, undefined],
  ]);
});

test.each([
  ['OTLP', order, everyType],
  ['Jaeger v1', orderV1, everyTypeV1],
])('a trace that is delivered twice or three times is the same trace, read from %s', (_, ...answers) => {
  for (const answer of answers) {
    const [once] = readTraces(answer);
    const [twice] = readTraces([answer, JSON.parse(JSON.stringify(answer))]);
    const [thrice] = readTraces([answer, answer, answer]);
    expect(twice?.spans).toEqual(once?.spans);
    expect(twice?.repeated?.length).toBe(once?.spans.length);
    expect(thrice?.spans).toEqual(once?.spans);
    expect(thrice?.repeated?.length).toBe((once?.spans.length ?? 0) * 2);
  }
});

test('a warning of Jaeger on a copy does not make it a different span', () => {
  const [trace] = orderV1.data as unknown as [{ spans: object[] }];
  const remarked = {
    ...trace,
    spans: trace.spans.map((span) => ({ ...span, warnings: ['duplicate span IDs; skipping clock skew adjustment'] })),
  };
  expect(readTraces({ data: [trace, remarked] })[0]).toMatchObject({ spans: { length: 16 }, repeated: { length: 16 } });
});

test('the order of arrival does not change the trace', () => {
  const reversed = order.resourceSpans.toReversed();
  expect(readTraces({ resourceSpans: reversed })).toEqual([otlp]);
  const twins = [{ spanId: 'b'.repeat(16) }, { spanId: 'a'.repeat(16) }];
  expect(readTraces({ resourceSpans: [{ scopeSpans: [{ spans: twins }] }] })[0]?.spans.map((span) => span.spanId[0])).toEqual(['a', 'b']);
});

test('traces are read from a Jaeger response that also reports errors', () => {
  expect(readTraces({ ...orderV1, errors: [{ code: 500, msg: 'one shard is down' }] })).toHaveLength(1);
});

test('a response without traces has none', () => {
  expect(readTraces({ data: [], errors: null })).toEqual([]);
  expect(readTraces({ result: {} })).toEqual([]);
  expect(readTraces([])).toEqual([]);
});

test.each([
  ['not a trace but an error answer: trace not found (404)', { data: null, errors: [{ code: 404, msg: 'trace not found' }] }],
  ['not a trace but an error answer: No traces found (404)', { error: { httpCode: 404, message: 'No traces found' } }],
  ['not a trace: this is an object with "items", "page". Expected OTLP', { items: [], page: 1 }],
  ['this is an object with "a", "b", "c", "d", "e", "f", ….', { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 }],
  ['this is an object with "spans".', { spans: [] }],
  ['not a trace: this is an object with "error"', { error: {} }],
  ['not a trace: this is a string', '<html>'],
  ['not a trace: this is nothing', null],
  ['not a trace: this is an object without fields', {}],
])('%s', (message, json) => {
  expect(() => readTraces(json)).toThrow(TraceFormatError);
  expect(() => readTraces(json)).toThrow(message);
});
