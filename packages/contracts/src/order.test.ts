import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lines, sku } from './inventory.ts';
import { idempotencyKey, orderApi } from './order.ts';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const anySku = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join('-'));
const anyLine = fc.record({ sku: anySku, quantity: fc.integer({ min: 1, max: 1000 }) });
const distinct = fc.uniqueArray(anyLine, { selector: (one) => one.sku, minLength: 1, maxLength: 20 });

test('accepts lines of different products', () => {
  fc.assert(fc.property(distinct, (given) => expect(lines.parse(given)).toEqual(given)));
});

test('rejects a product that appears twice, at any position, and says what to do', () => {
  const twice = fc.tuple(distinct, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(twice, (parts) => {
      const [given, which, where, quantity] = parts;
      const again = { sku: given[which % given.length]!.sku, quantity };
      const refused = lines.safeParse(
        given
          .slice(0, 19)
          .toSpliced(where % given.length, 0, again)
          .concat(again)
          .slice(-20),
      );
      expect(refused.error?.issues).toMatchObject([{ message: 'Use each SKU only once and set its quantity' }]);
    }),
  );
});

test.each([
  ['no lines', []],
  ['more than twenty lines', Array.from({ length: 21 }, (_, at) => ({ sku: `p${at}`, quantity: 1 }))],
  ['a quantity of zero', [{ sku: 'lamp', quantity: 0 }]],
  ['a negative quantity', [{ sku: 'lamp', quantity: -1 }]],
  ['half a lamp', [{ sku: 'lamp', quantity: 0.5 }]],
  ['a quantity above the maximum', [{ sku: 'lamp', quantity: 1001 }]],
  ['a quantity as text', [{ sku: 'lamp', quantity: '1' }]],
  ['no SKU', [{ sku: '', quantity: 1 }]],
])('refused: %s', (_, given) => {
  expect(lines.safeParse(given).success).toBe(false);
});

test.each(['Lamp', 'lamp shade', 'lamp--shade', '-lamp', 'lamp-', "lamp'; drop table", '../lamp', 'x'.repeat(65), 'lamp\n'])(
  'rejects the SKU %j',
  (text) => {
    expect(sku.safeParse(text).success).toBe(false);
  },
);

test('an idempotency key has 1 to 255 visible characters', () => {
  expect(['k', 'x'.repeat(255), '2f1c-7'].map((key) => idempotencyKey.safeParse(key).success)).toEqual([true, true, true]);
  expect(['', 'x'.repeat(256), 'a b', 'é', 'a\n'].map((key) => idempotencyKey.safeParse(key).success)).toEqual(Array(5).fill(false));
});

test('a page has 20 orders by default and at most 100', () => {
  const { query } = orderApi.routes.listOrders;
  expect(query.parse({})).toEqual({ limit: 20 });
  expect(query.parse({ limit: '100' })).toEqual({ limit: 100 });
  for (const limit of ['0', '101', '1.5', 'many', '', '-1']) expect(query.safeParse({ limit }).success).toBe(false);
  expect(query.safeParse({ before: 'not-an-id' }).success).toBe(false);
});
