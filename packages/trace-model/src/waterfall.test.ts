import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import order from './fixtures/order.otlp.json' with { type: 'json' };
import { readTraces } from './read/read-traces.ts';
import { http, span, trace } from './testing/span.ts';
import { columns } from './text.ts';
import { waterfall } from './waterfall.ts';

const refused = trace(
  span({ n: 1, service: 'gateway', name: 'POST /v1/orders', kind: 'SERVER', ms: [0, 40], attributes: http.server(409) }),
  span({ n: 2, service: 'gateway', name: 'POST', kind: 'CLIENT', parent: 1, ms: [5, 35], attributes: http.client(409), error: true }),
  span({ n: 3, service: 'order', name: 'POST /orders', kind: 'SERVER', parent: 2, ms: [10, 30], attributes: http.server(409) }),
  span({ n: 4, service: 'order', name: 'audit', parent: 9, ms: [30, 40] }),
  span({ n: 5, service: 'order', name: 'twin', parent: 3, ms: [10, 20] }),
  span({ n: 5, service: 'order', name: 'twin', parent: 3, ms: [15, 30] }),
);

test('a waterfall says in words what is wrong', () => {
  expect(`\n${waterfall(refused, { width: 80 })}\n`).toBe(`
trace 5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25
40.0 ms · 6 spans · 2 services · 1 error
gateway POST /v1/orders 409               ████░░░░░░░░░░░░░░░░░░░░████   40.0 ms
gateway └ POST 409                  ERROR    ████░░░░░░░░░░░░░░████      30.0 ms
order     └ POST /orders 409                     ████░░░░░░░░░░          20.0 ms
order       └ twin              DUPLICATE        ░░░░░░░                 10.0 ms
order       └ twin              DUPLICATE           ███████████          15.0 ms
order   audit                      ORPHAN                      ░░░░░░░   10.0 ms
`);
});

test('a ring is marked, and the shortest span is still seen, even at the end', () => {
  const lines = waterfall(trace(span({ n: 1, parent: 2, ms: [0, 10] }), span({ n: 2, parent: 1, ms: [10, 10] })), { width: 60 }).split(
    '\n',
  );
  expect(lines[2]).toMatch(/^shop span 1 +CYCLE █{20}   10\.0 ms$/);
  expect(lines[3]).toMatch(/^shop └ span 2 +░ {6}0 ns$/);
});

test('colour is there only when it is asked for, and says nothing that words do not', () => {
  const plain = waterfall(refused, { width: 100 });
  const coloured = waterfall(refused, { width: 100, colour: true });
  expect(plain).not.toContain('\u001b');
  expect(coloured).toContain('\u001b[31m');
  // oxlint-disable-next-line no-control-regex -- the escapes are what is looked for
  expect(coloured.replace(/\u001b\[[\d;]+m/g, '')).toBe(plain);
});

test('no line is wider than asked for, whatever the names, depths and times', () => {
  const number = fc.integer({ min: 1, max: 30 });
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const end = fc.bigInt(-(2n ** 70n), 2n ** 70n);
  const parts = fc.record(
    { n: number, parent: number, name: text, service: text, ms: fc.tuple(number, number), end, error: fc.boolean() },
    { requiredKeys: ['n', 'ms'] },
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 20 }), fc.integer({ min: 60, max: 200 }), (spans, width) => {
      const lines = waterfall(trace(...spans.map((one) => span(one))), { width }).split('\n');
      expect(lines).toHaveLength(spans.length + 2);
      expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(width);
    }),
  );
});

test('a name cannot steer the terminal', () => {
  const hostile = trace(span({ n: 1, name: 'x\u001b[2J\r\nGET /admin', service: '\u0007bell' }));
  expect(waterfall(hostile, { width: 100 }).split('\n')[2]).toMatch(/^�bell x�\[2J��GET \/admin /);
});

test('widths are brought between 60 and 200', () => {
  const [trace] = readTraces(order);
  if (!trace) throw new Error('no trace was read');
  const widest = (width: number): number => Math.max(...waterfall(trace, { width }).split('\n').map(columns));
  expect([20, 60, 100, 200, 500, Number.NaN].map(widest)).toEqual([60, 60, 100, 200, 200, 60]);
});

test('of a large trace, as many spans are drawn as are asked for', () => {
  const many = trace(...Array.from({ length: 30 }, (_, n) => span(n === 0 ? { n: 1 } : { n: n + 1, parent: 1 })));
  const lines = waterfall(many, { width: 80, spans: 10 }).split('\n');
  expect(lines.slice(0, 12)).toEqual(waterfall(many, { width: 80 }).split('\n').slice(0, 12));
  expect(lines.slice(12)).toEqual(['… and 20 more spans']);
  expect(waterfall(many, { width: 80, spans: 30 })).toBe(waterfall(many, { width: 80 }));
});

test('what is too deep to indent says how deep it is', () => {
  const chain = trace(...Array.from({ length: 30 }, (_, n) => span(n === 0 ? { n: 1 } : { n: n + 1, parent: n })));
  expect(waterfall(chain, { width: 80 }).split('\n').at(-1)).toContain('29└ span 30');
});
