import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import everyType from '../fixtures/every-type.jaeger-v1.json' with { type: 'json' };
import everyTypeOtlp from '../fixtures/every-type.otlp.json' with { type: 'json' };
import orderV1 from '../fixtures/order.jaeger-v1.json' with { type: 'json' };
import orderV3 from '../fixtures/order.jaeger-v3.json' with { type: 'json' };
import order from '../fixtures/order.otlp.json' with { type: 'json' };
import {
  compare,
  criticalPath,
  dependencies,
  flowchart,
  judge,
  readTraces,
  sequenceDiagram,
  servicesTable,
  tree,
  verdict,
  verify,
  walk,
  waterfall,
} from '../index.ts';
import { TraceFormatError } from '../read/json.ts';
import { mutated } from '../testing/mutate.ts';
import { http, messaging, span, trace } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';
import type { Span, Trace } from '../trace.ts';

test.each([
  ['OTLP', order],
  ['Jaeger v1', orderV1],
  ['Jaeger v3', orderV3],
])('the order trace is sound, read from %s', (_dialect, json) => {
  expect(readTraces(json).map(verify)).toEqual([[]]);
});

const codes = (json: unknown): readonly string[] =>
  readTraces(json)
    .flatMap(verify)
    .map(({ code }) => code);

test('a broken trace has the same findings from OTLP and from Jaeger v1, except for dropped data, which v1 does not count', () => {
  expect(codes(everyTypeOtlp)).toEqual(['orphan', 'span-id-duplicate', 'data-dropped']);
  expect(codes(everyType)).toEqual(['orphan', 'span-id-duplicate']);
});

test('errors come before notes', () => {
  const found = verify(trace(span({ n: 1, dropped: { attributes: 1, events: 0, links: 0 }, name: 'demo@waymark.test' })));
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'note']);
});

test.each([
  ['OTLP', order],
  ['Jaeger v1', orderV1],
  ['every type', everyTypeOtlp],
])('a mutated trace (%s) is either rejected with a message or judged, drawn and compared', (_name, json) => {
  fc.assert(
    fc.property(mutated(json), (changed) => {
      for (const one of readOrRefuse(changed)) useEverything(one);
    }),
    { numRuns: 300 },
  );
});

function readOrRefuse(json: unknown): readonly Trace[] {
  try {
    return readTraces(json);
  } catch (error) {
    if (error instanceof TraceFormatError) return [];
    throw error;
  }
}

function useEverything(one: Trace): void {
  const findings = verify(one);
  expect(findings.filter(({ code }) => code === 'not-judged')).toEqual([]);
  expect(verdict(one)).not.toContain('\n');
  expect(walk(tree(one))).toHaveLength(one.spans.length);
  expect(waterfall(one, { width: 80 }).split('\n')).toHaveLength(one.spans.length + 2);
  expect(compare(one, one).same).toBe(true);
  expect(criticalPath(one)).toBeInstanceOf(Array);
  expect(flowchart(dependencies([one])) + sequenceDiagram(one)).toContain('sequenceDiagram');
  expect(servicesTable([one]).reduce((sum, row) => sum + row.spans, 0)).toBe(one.spans.length);
}

test('spans with any content are judged, drawn and compared', () => {
  const number = fc.integer({ min: 1, max: 6 });
  const parts: fc.Arbitrary<Parts> = fc.record(
    {
      n: number,
      parent: number,
      kind: fc.constantFrom('UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'),
      service: fc.constantFrom('shop', 'stock'),
      ms: fc.tuple(number, number),
      end: fc.bigInt(-(2n ** 70n), 2n ** 70n),
      error: fc.boolean(),
      links: fc.array(number, { maxLength: 2 }),
      attributes: fc.constantFrom({}, http.server(409), http.client(500, 'stock'), messaging('1'), messaging('2'), {
        'db.system.name': 'sqlite',
      }),
    },
    { requiredKeys: ['n'] },
  );
  fc.assert(fc.property(fc.array(parts, { maxLength: 8 }), (spans) => useEverything(trace(...spans.map((one) => span(one))))));
});

/** How often `verify` reads a field of this number of spans. */
function looks(count: number, parts: (n: number) => Partial<Parts>): number {
  let looked = 0;
  const watched = (one: Span): Span => new Proxy(one, { get: (target, name) => (looked++, target[name as keyof Span]) });
  const { traceId, spans } = trace(...Array.from({ length: count }, (_, at) => span({ n: at + 1, ...parts(at + 1) })));
  const findings = verify({ traceId, spans: spans.map(watched) });
  expect(findings.filter(({ code }) => code === 'not-judged')).toEqual([]);
  return looked;
}

test.each<[string, (n: number) => Partial<Parts>]>([
  ['orphans with a parent each', (n) => ({ parent: n + 1_000_000, attributes: { 'waymark.segment.spans': 2n } })],
  ['children of one span', (n) => (n === 1 ? { attributes: { 'waymark.segment.spans': 9_000n } } : { parent: 1 })],
  ['failed spans below each other', (n) => ({ error: true, ...(n > 1 && { parent: n - 1 }) })],
  ['spans below each other, the last one failed', (n) => ({ error: n % 1_000 === 0, ...(n > 1 && { parent: n - 1 }) })],
  ['consumers and producers without parents', (n) => ({ kind: n % 2 ? 'PRODUCER' : 'CONSUMER', attributes: messaging(`${n}`) })],
  ['spans with one id, and their children', (n) => (n % 2 ? { spanId: '7'.padStart(16, '0'), service: `s${n}` } : { parent: 7 })],
])('four times as many %s are four times the work', (_, parts) => {
  expect(looks(4_000, parts) / looks(1_000, parts)).toBeLessThan(4.5);
});

test('a span can have more children than a function call can have arguments', () => {
  const children = Array.from({ length: 150_000 }, (_, at) => span({ n: at + 2, parent: 1 }));
  const root = span({ n: 1, attributes: { 'waymark.segment.spans': 150_002n } });
  const one = { traceId: root.traceId, spans: [root, ...children] };
  expect(judge(one).completeness.missing).toEqual(['1 of the 150002 spans of shop `span 1`']);
});

test('a value that is not a trace is a finding, not an exception', () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true });
  const spans = fc.array(fc.dictionary(fc.constantFrom(...Object.keys(span({ n: 1 }))), anything));
  fc.assert(
    fc.property(fc.oneof(anything, fc.record({ traceId: anything, spans })), (value) => {
      expect(Array.isArray(verify(value as Trace))).toBe(true);
    }),
  );
  expect(verify(null as unknown as Trace)).toMatchObject([{ code: 'not-judged', severity: 'error' }]);
  expect(verify({ traceId: '', spans: [{ ...span({ n: 1 }), attributes: null }] } as unknown as Trace)).toContainEqual(
    expect.objectContaining({ code: 'not-judged', message: expect.stringContaining('could not be checked (attributes)') }),
  );
});
