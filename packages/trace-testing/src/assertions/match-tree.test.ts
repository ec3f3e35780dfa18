import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchTree } from './match-tree.ts';
import { holds, holdsNot } from './outcome.ts';
import { order } from '../testing/order.ts';
import { otlp, span, traceOf, type SpanSketch } from '../testing/spans.ts';
import { treeText } from '../tree/tree-diff.ts';

const trace = traceOf(otlp(order()));
const TREE = `
  gateway SERVER POST /v1/orders 201
    gateway CLIENT POST 201
      order SERVER POST /orders 201
        order CLIENT SELECT orders
        order CLIENT INSERT orders
`;

test.each([
  ['all of it', TREE],
  ['without kinds and statuses', TREE.replaceAll(/ (SERVER|CLIENT|201)/g, '')],
  ['with attributes', TREE.replace('/orders 201\n        order', '/orders http.route=/orders\n        order')],
  ['with * for what is below', 'gateway POST /v1/orders\n  *'],
  ['with * before and after', TREE.replace('order CLIENT SELECT orders', '*')],
  ['with * for nothing', TREE.replace('order CLIENT SELECT orders', '*\n        order CLIENT SELECT orders')],
  [
    'in any order',
    TREE.replace('order CLIENT SELECT orders', 'order CLIENT INSERT orders').replace(
      /INSERT orders\n$/,
      'SELECT orders\n(any order)'.replace('\n', '\n        '),
    ),
  ],
  ['with remarks', `# an order\n${TREE}`],
])('matches a tree %s', (_, text) => {
  expect(matchTree(trace, text)).toMatchObject({ pass: true });
});

const diff = (text: string, of = trace): string => {
  const { pass, message } = matchTree(of, text);
  expect(pass).toBe(false);
  return stripVTControlCharacters(message);
};

test('shows where a tree differs', () => {
  expect(diff(TREE.replace('/orders 201\n        order', '/orders 409\n        order'))).toContain(
    'in 1 place (- expected, + received, ! different)\n\n' +
      '  gateway SERVER POST /v1/orders 201\n' +
      '    gateway CLIENT POST 201\n' +
      '!     order SERVER POST /orders 201    ← http.response.status_code is 201, not 409\n' +
      '        order CLIENT SELECT orders\n',
  );
});

test('shows a missing span, an extra span, and a span with another name', () => {
  expect(diff(TREE.replace(/ +order CLIENT SELECT orders\n/, ''))).toContain(
    '\n+       order CLIENT SELECT orders\n        order CLIENT INSERT orders',
  );
  expect(diff(`${TREE}        order CLIENT COMMIT`)).toContain('\n-       order CLIENT COMMIT');
  expect(diff(TREE.replace('INSERT orders', 'INSERT order'))).toContain('! ');
});

test('matches a line after *', () => {
  expect(diff(TREE.replace('order CLIENT SELECT orders', '*').replace('INSERT orders', 'COMMIT'))).toContain(
    '\n-       order CLIENT COMMIT',
  );
});

test('in any order, lines and spans are paired so that all match', () => {
  const both = [span('a', 'INTERNAL', 'x'), span('a', 'INTERNAL', 'x', {}, [span('a', 'INTERNAL', 'y')])];
  const trace = traceOf(otlp(span('a', 'SERVER', 'top', {}, both)));
  expect(matchTree(trace, 'a top\n  (any order)\n  a x\n    *\n  a x')).toMatchObject({ pass: true });
  expect(matchTree(trace, 'a top\n  (any order)\n  a x\n  a x')).toMatchObject({ pass: false });
});

test('says where a missing span is, if it is elsewhere', () => {
  expect(diff('gateway POST /v1/orders\n  order POST /orders\n    *')).toContain(
    '\n-   order POST /orders    ← it is elsewhere: below gateway CLIENT POST 201\n-     *\n',
  );
});

test('siblings in another order do not match, unless they started at the same time', () => {
  const swapped = TREE.replace('SELECT', 'X').replace('INSERT', 'SELECT').replace('X', 'INSERT');
  expect(matchTree(trace, swapped).pass).toBe(false);
  const [first] = trace.spans;
  const together = { ...trace, spans: trace.spans.map((span) => ({ ...span, start: first?.start ?? 0n })) };
  expect(matchTree(together, swapped).pass).toBe(true);
});

test('of siblings with one name, those that started at the same time as others are matched after the earlier ones', () => {
  const children = ['x', 'begin', 'x'].map((name) => span('a', 'INTERNAL', name));
  const { spans, ...rest } = traceOf(otlp(span('a', 'SERVER', 'top', {}, children)));
  const [begin, second] = [spans.find(({ name }) => name === 'begin'), spans.findLast(({ name }) => name === 'x')];
  for (const order of [1n, 2n]) {
    // The same start; the id decides the order, which the SDK draws at random.
    const ids = new Map([
      [begin?.spanId, order],
      [second?.spanId, 3n - order],
    ]);
    const tied = spans.map((one) =>
      ids.has(one.spanId) ? { ...one, start: begin?.start ?? 0n, spanId: String(ids.get(one.spanId)).padStart(16, '0') } : one,
    );
    expect(matchTree({ ...rest, spans: tied }, 'a top\n  a x\n  a begin\n  a x')).toMatchObject({ pass: true });
  }
});

test('an incomplete trace matches nothing', () => {
  const short = traceOf(otlp(order()).filter(({ span }) => span.name !== 'INSERT orders'));
  const { pass, message } = matchTree(short, TREE.replace(/ +order CLIENT INSERT orders\n/, ''));
  expect(pass).toBe(false);
  expect(message).toMatch(/^cannot tell: .* is not complete/);
  expect(matchTree(short, TREE).message).toContain('the missing spans may still arrive');
  expect(() => holdsNot(matchTree(short, 'other POST'))).toThrow(/cannot tell/);
});

test('throws an AssertionError', () => {
  holds(matchTree(trace, TREE));
  holdsNot(matchTree(trace, 'other POST'));
  expect(() => holds(matchTree(trace, 'other POST'))).toThrow(expect.objectContaining({ name: 'AssertionError' }));
  expect(() => holdsNot(matchTree(trace, TREE))).toThrow(/^expected the opposite, but the trace matches/);
});

test.each([
  ['', 'the expected tree is empty'],
  ['a b\n    c d\n  e f', 'line 3 has an indentation that matches no line before it: e f'],
  ['  a b\nc d', 'line 2 is indented less than the first: c d'],
  ['a b\n  c', 'line 2: a line needs a service and a span name'],
  ['*\n  a b', 'line 2 has an indentation that matches no line before it'],
])('rejects the text %j', (text, message) => {
  expect(() => matchTree(trace, text)).toThrow(message);
});

/** Trees of spans, so many levels deep. */
const sketches = (levels: number): fc.Arbitrary<SpanSketch> =>
  fc
    .record({
      name: fc.constantFrom('a', 'b', 'GET 404', 'x=y'),
      children: levels === 0 ? fc.constant([]) : fc.array(sketches(levels - 1), { maxLength: 3 }),
    })
    .map(({ name, children }) => span('shop', 'INTERNAL', name, {}, children));

test('every trace matches its own text, and no trace with an extra span does', () => {
  fc.assert(
    fc.property(sketches(3), (root) => {
      const trace = traceOf(otlp(root));
      expect(matchTree(trace, treeText(trace)).pass).toBe(true);
      expect(matchTree(traceOf(otlp(span('shop', 'INTERNAL', root.name, {}, [...root.children, root]))), treeText(trace)).pass).toBe(false);
    }),
  );
});

test('in any order, every shuffle of siblings matches', () => {
  fc.assert(
    fc.property(fc.array(sketches(2), { minLength: 1, maxLength: 5 }), fc.infiniteStream(fc.nat()), (children, keys) => {
      const shuffled = children.map((child) => ({ child, key: keys.next().value ?? 0 })).sort((a, b) => a.key - b.key);
      const other = span(
        'shop',
        'INTERNAL',
        'top',
        {},
        shuffled.map(({ child }) => child),
      );
      const [top = '', ...rest] = treeText(traceOf(otlp(other))).split('\n');
      const trace = traceOf(otlp(span('shop', 'INTERNAL', 'top', {}, children)));
      expect(matchTree(trace, [top, '  (any order)', ...rest].join('\n')).pass).toBe(true);
    }),
  );
});
