import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { comparisonText } from './comparison-text.ts';
import { span, trace } from './testing/span.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const of = (...spans: readonly Parts[]): ReturnType<typeof trace> => trace(...spans.map((parts) => span(parts)));

const before: readonly Parts[] = [
  { n: 1, name: 'order', ms: [0, 10] },
  { n: 2, name: 'reserve', parent: 1, ms: [1, 3] },
  { n: 3, name: 'insert', parent: 1, ms: [4, 5] },
];

test('two traces of the same work are the same, with other times, ids and order of siblings', () => {
  const comparison = compare(
    of(...before),
    of(
      { n: 7, name: 'order', ms: [0, 30] },
      { n: 9, name: 'insert', parent: 7, ms: [1, 2] },
      { n: 8, name: 'reserve', parent: 7, ms: [3, 9] },
    ),
  );
  expect(comparison.same).toBe(true);
  expect(comparison.spans.map(({ a, b, slower }) => [a?.name, b?.name, slower])).toEqual([
    ['order', 'order', 20_000_000n],
    ['reserve', 'reserve', 4_000_000n],
    ['insert', 'insert', 0n],
  ]);
});

test('a span that only one trace has, its descendants, and a different status are differences', () => {
  const after = of(
    { n: 1, name: 'order', ms: [0, 12], error: true },
    { n: 3, name: 'insert', parent: 1, ms: [4, 5] },
    { n: 4, name: 'audit', parent: 1, ms: [6, 7] },
    { n: 5, name: 'write', parent: 4, ms: [6, 7] },
  );
  const comparison = compare(of(...before), after);
  expect(comparison.same).toBe(false);
  expect(comparison.spans[1]).toMatchObject({ depth: 1, b: undefined, slower: 0n, statusChanged: false });
  expect(comparisonText(comparison)).toBe(`! shop  order  UNSET → ERROR  10.0 ms → 12.0 ms
-   shop  reserve  2.00 ms
    shop  insert  1.00 ms → 1.00 ms
+   shop  audit  1.00 ms
+     shop  write  1.00 ms`);
});

test('an orphan does not match a child or a root', () => {
  expect(compare(of({ n: 1, name: 'x' }), of({ n: 1, name: 'x', parent: 9 })).same).toBe(false);
});

test('a trace equals itself, and the comparison has each span of both traces once', () => {
  const number = fc.integer({ min: 1, max: 9 });
  const span = fc.record({ n: number, parent: number, name: fc.constantFrom('a', 'b'), ms: fc.tuple(number, number) });
  // Identical copies are one span.
  const spans = fc.uniqueArray(span, { maxLength: 12, selector: (one) => JSON.stringify(one) });
  fc.assert(
    fc.property(spans, spans, (a, b) => {
      expect(compare(of(...a), of(...a)).same).toBe(true);
      const compared = compare(of(...a), of(...b)).spans;
      expect(compared.filter((span) => span.a)).toHaveLength(a.length);
      expect(compared.filter((span) => span.b)).toHaveLength(b.length);
    }),
  );
});
