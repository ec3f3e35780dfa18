import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { below } from './below.ts';
import { FULFILLED_ORDER, INTROSPECT, placed, RELEASE } from './parts.ts';
import { FULFILMENT_DELAY } from '../shop/settings.ts';
import type { Scenario } from './scenario.ts';

const reading = (route: string, outcome: string, client = outcome): string => `
gateway SERVER GET /v1${route} ${outcome}
${below(1, INTROSPECT)}
  gateway CLIENT GET ${route} ${client}
    order SERVER GET ${route} ${outcome}
      order CLIENT SELECT orders`;

const NOT_FOUND = reading('/orders/{id}', '404 waymark.problem.code=not_found', '404 ERROR');

const cancelling = (outcome: string, client: string, queries: string): string => `
gateway SERVER POST /v1/orders/{id}/cancel ${outcome}
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders/{id}/cancel ${client}
    order SERVER POST /orders/{id}/cancel ${outcome}
      order CLIENT BEGIN
      order CLIENT SELECT orders
${below(3, queries)}`;

export const orders: Scenario[] = [
  {
    title: 'listing the user’s orders',
    async ask({ ada }) {
      await ada.place('pocket-compass');
      return ada.call('GET', '/v1/orders?limit=5');
    },
    status: 200,
    body: { items: expect.arrayContaining([expect.objectContaining({ lines: [expect.objectContaining({ sku: 'pocket-compass' })] })]) },
    tree: reading('/orders', '200'),
  },
  {
    title: 'reading an order',
    async ask({ demo }) {
      const { body } = await demo.place('tea-pot');
      return demo.call('GET', `/v1/orders/${body.id}`);
    },
    status: 200,
    body: { lines: [{ sku: 'tea-pot' }] },
    tree: reading('/orders/{id}', '200'),
  },
  {
    title: 'reading another user’s order',
    async ask({ demo, ada }) {
      const { body } = await demo.place('tea-pot');
      return ada.call('GET', `/v1/orders/${body.id}`);
    },
    status: 404,
    body: { code: 'not_found' },
    tree: NOT_FOUND,
  },
  {
    title: 'reading an order that does not exist',
    ask: ({ ada }) => ada.call('GET', `/v1/orders/${randomUUID()}`),
    status: 404,
    body: { code: 'not_found' },
    tree: NOT_FOUND,
  },
  {
    title: 'cancelling an order before it is paid',
    needs: FULFILMENT_DELAY,
    async ask({ demo }) {
      const { body } = await demo.place('brass-bell', 2);
      return demo.call('POST', `/v1/orders/${body.id}/cancel`);
    },
    status: 200,
    body: { status: 'cancelled' },
    tree: cancelling(
      '200',
      '200',
      `
order CLIENT UPDATE orders
order CLIENT SELECT graphile_worker.complete_jobs
order PRODUCER send release_stock
  order CLIENT SELECT graphile_worker.add_job
${below(1, RELEASE)}
order CLIENT SELECT orders
order CLIENT COMMIT`,
    ),
  },
  {
    title: 'placing an order that is cancelled before it is paid: its job is removed, and its trace is complete without it',
    needs: FULFILMENT_DELAY,
    async ask({ demo }) {
      const answer = await demo.place('brass-bell');
      await demo.call('POST', `/v1/orders/${answer.body.id}/cancel`);
      return answer;
    },
    status: 201,
    order: { status: 'cancelled' },
    tree: placed('order INTERNAL cancel fulfil_order messaging.operation.name=cancel'),
  },
  {
    title: 'cancelling an order again',
    needs: FULFILMENT_DELAY,
    async ask({ demo }) {
      const { body } = await demo.place('brass-bell');
      const cancel = () => demo.call('POST', `/v1/orders/${body.id}/cancel`);
      expect(await cancel()).toMatchObject({ status: 200 });
      return cancel();
    },
    status: 200,
    body: { status: 'cancelled' },
    tree: cancelling('200', '200', 'order CLIENT UPDATE orders\norder CLIENT SELECT orders\norder CLIENT COMMIT'),
  },
  {
    title: 'cancelling a paid order',
    async ask({ demo }) {
      const { body } = await demo.place('brass-bell');
      await demo.ended(body.id);
      return demo.call('POST', `/v1/orders/${body.id}/cancel`);
    },
    status: 409,
    body: { code: 'not_cancellable' },
    tree: cancelling(
      '409 waymark.problem.code=not_cancellable',
      '409 ERROR',
      'order CLIENT UPDATE orders\norder CLIENT SELECT orders\norder CLIENT ROLLBACK',
    ),
  },
  {
    title: 'cancelling an order that does not exist',
    ask: ({ demo }) => demo.call('POST', `/v1/orders/${randomUUID()}/cancel`),
    status: 404,
    body: { code: 'not_found' },
    tree: cancelling('404 waymark.problem.code=not_found', '404 ERROR', 'order CLIENT ROLLBACK'),
  },
  {
    title: 'placing an order while listing orders and products',
    async ask({ demo }) {
      const [answer] = await Promise.all([demo.place('oak-stool'), demo.call('GET', '/v1/orders'), demo.call('GET', '/v1/products')]);
      return answer;
    },
    status: 201,
    order: { status: 'fulfilled' },
    tree: FULFILLED_ORDER,
  },
];
