import { z } from 'zod';
import { api } from './api.ts';
import { cents, currency, lines, pricedLine } from './inventory.ts';
import { queryInteger } from './query.ts';

export const orderStatus = z.enum(['pending', 'fulfilled', 'rejected', 'cancelled', 'dead_letter']);
export const order = z.object({
  id: z.uuid(),
  status: orderStatus,
  reason: z
    .enum(['payment_declined', 'reservation_lost', 'fulfilment_overdue', 'fulfilment_failed'])
    .describe('Why the order was not fulfilled')
    .optional(),
  lines: z.array(pricedLine),
  totalCents: cents.meta({ examples: [7800] }),
  currency,
  createdAt: z.iso.datetime(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('The trace of the request that placed it')
    .optional(),
});

export type OrderStatus = z.output<typeof orderStatus>;
export type Order = z.output<typeof order>;

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'Send "Idempotency-Key: <1 to 255 visible ASCII characters>", a new one for each new order')
  .meta({ examples: ['5f0c2f7e-order-of-two-lamps'] });

/** The user of the request, as the gateway determined it. Callers from outside cannot send it. */
export const userId = z.uuid();
const asUser = z.object({ 'x-user-id': userId });
const byId = z.object({ id: z.uuid() });

/** A job that failed for good, as an operator sees it. Internal. */
export const deadLetter = z.object({
  messageId: z.uuid(),
  job: z.string(),
  payload: z.unknown(),
  attempts: z.int(),
  reason: z.string(),
  diedAt: z.iso.datetime(),
  traceId: z.string().describe('The trace of the request that added the job').optional(),
  replayedAt: z.iso.datetime().optional(),
  replayedAs: z.uuid().describe('The id of the new message after a replay').optional(),
});

/** Postgres stores no NUL, and rejects a query with one. */
const searchText = z.string().regex(/^[^\0]+$/, 'Send text without NUL');

const deadLetterFilter = z.object({
  job: searchText.optional(),
  reason: searchText.describe('Text that the reason contains').optional(),
});

export const orderApi = api('order', {
  placeOrder: {
    method: 'POST',
    path: '/orders',
    summary: 'Place an order',
    description:
      'Reserves the stock and accepts the order; the payment follows in the background. Send the same `Idempotency-Key` and body again to get the same order, not a second one.',
    idempotent: true,
    headers: asUser.extend({ 'idempotency-key': idempotencyKey }),
    body: z.object({ lines }),
    answers: { 201: order },
    errors: { 409: ['out_of_stock', 'placement_abandoned', 'reservation_lost'], 422: ['unknown_product', 'idempotency_key_reused'] },
  },
  listOrders: {
    method: 'GET',
    path: '/orders',
    summary: 'List your orders',
    description: 'Newest first. For the next page, send the id of the last order as `before`.',
    headers: asUser,
    query: z.object({
      limit: queryInteger(1, 100).default(20),
      before: z.uuid().describe('The id of the last order on the previous page').optional(),
    }),
    answers: { 200: z.object({ items: z.array(order) }) },
  },
  getOrder: {
    method: 'GET',
    path: '/orders/{id}',
    summary: 'Get one of your orders',
    description: 'Returns 404 for another user’s order, so that ids cannot be probed.',
    headers: asUser,
    params: byId,
    answers: { 200: order },
  },
  cancelOrder: {
    method: 'POST',
    path: '/orders/{id}/cancel',
    summary: 'Cancel an order',
    description: 'Works until the payment starts. After that the answer is 409 `not_cancellable`.',
    idempotent: true,
    headers: asUser,
    params: byId,
    answers: { 200: order.extend({ status: orderStatus.meta({ examples: ['cancelled'] }) }) },
    errors: { 409: ['not_cancellable'] },
  },
  listDeadLetters: {
    method: 'GET',
    path: '/dead-letters',
    forOperators: true,
    summary: 'List jobs that failed for good: those that were not replayed first, then the newest',
    query: deadLetterFilter.extend({
      replayed: z.enum(['true', 'false']).optional(),
      after: z.uuid().describe('The id of the last dead letter on the previous page').optional(),
      limit: queryInteger(1, 100).default(100),
    }),
    answers: { 200: z.object({ items: z.array(deadLetter) }) },
  },
  replayDeadLetters: {
    method: 'POST',
    path: '/dead-letters/replay',
    forOperators: true,
    idempotent: true,
    summary: 'Replay all dead letters of a filter that were not replayed before, at most a thousand',
    body: deadLetterFilter,
    answers: {
      200: z.object({ replayed: z.int(), failed: z.array(z.object({ messageId: z.uuid(), code: z.string() })), more: z.boolean() }),
    },
  },
  replayDeadLetter: {
    method: 'POST',
    path: '/dead-letters/{messageId}/replay',
    forOperators: true,
    summary: 'Replay one dead letter, once',
    params: z.object({ messageId: z.uuid() }),
    answers: { 201: z.object({ messageId: z.uuid() }) },
    errors: { 409: ['already_replayed', 'not_replayable'] },
  },
});
