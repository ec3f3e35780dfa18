import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { orderApi } from '@waymark/contracts';
import fc from 'fast-check';
import { DECLINED, GIVEN_UP, newOrder, SOLD_OUT, totalCents } from './order.ts';

const line = fc.record({
  sku: fc.constant('bell'),
  quantity: fc.integer({ min: 1, max: 1000 }),
  unitPriceCents: fc.nat({ max: 1_000_000 }),
});
const contract = orderApi.routes.getOrder.answers[200];

test('a new order is pending and costs the sum of its lines', () => {
  const lines = [
    { sku: 'lamp', quantity: 2, unitPriceCents: 3900 },
    { sku: 'map', quantity: 1, unitPriceCents: 1200 },
  ];
  expect(newOrder('o', 'u', lines)).toEqual({ id: 'o', userId: 'u', status: 'pending', lines, totalCents: 9000, currency: 'EUR' });
});

test('the total is a whole number of cents, in any order and grouping of the lines', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(line), (some, others) => {
      const total = totalCents([...some, ...others]);
      expect(total).toBe(totalCents(others.toReversed()) + totalCents(some));
      expect(Number.isSafeInteger(total)).toBe(true);
    }),
  );
});

test.each([DECLINED, SOLD_OUT, GIVEN_UP])('the contract has the status $status and the reason $reason', (ending) => {
  const order = {
    ...newOrder(randomUUID(), randomUUID(), [{ sku: 'bell', quantity: 1, unitPriceCents: 1 }]),
    ...ending,
    createdAt: new Date().toISOString(),
  };
  expect(contract.parse(order)).toMatchObject(ending);
});
