import type { orderApi } from '@waymark/contracts';
import type { Handlers } from '@waymark/service-kit';
import { cancelOrder } from './cancel-order.ts';
import { orderOf } from './order-of.ts';
import { listOrders } from './order-db.ts';
import type { Parts } from './parts.ts';
import { placeOrder } from './place-order.ts';

export const routes = (parts: Parts): Handlers<typeof orderApi> => ({
  placeOrder: ({ headers, body }) => placeOrder(parts, headers['x-user-id'], headers['idempotency-key'], body.lines),
  listOrders: async ({ headers, query }) => ({ items: await listOrders(parts.db, headers['x-user-id'], query.limit, query.before) }),
  getOrder: ({ headers, params }) => orderOf(parts.db, headers['x-user-id'], params.id),
  cancelOrder: ({ headers, params }) => cancelOrder(parts, headers['x-user-id'], params.id),
  listDeadLetters: async ({ query: { replayed, ...filter } }) => ({
    items: await parts.jobs.deadLetters({ ...filter, ...(replayed && { replayed: replayed === 'true' }) }),
  }),
  replayDeadLetters: ({ body }) => parts.jobs.replayAll(body),
  replayDeadLetter: async ({ params }) => ({ messageId: await parts.jobs.replay(params.messageId) }),
});
