// A small service to load: a SERVER span and six child spans per request, like an order in the shop.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { annotate, shutdownTracing, span, startTracing } from '@waymark/tracing';
import { traced } from '@waymark/tracing/koa';
import Koa from 'koa';
import { declares } from './declares.ts';

/** The answer of the service when it is asked. */
export interface ServiceUsage {
  /** CPU time of all its threads since the start, in microseconds. */
  readonly cpu: number;
  /** Spans that did not reach the trace backend. */
  readonly lost: number;
  readonly declares: boolean;
}

const placeOrder = (): Promise<object> =>
  span('place order', async () => {
    annotate({ 'shop.order.lines': 2 });
    const user = await span('introspect the token', () => setImmediate('demo'));
    await span('claim the key', () => setImmediate());
    const lines = await span('reserve the stock', () => Promise.all(['lamp', 'rug'].map(hold)));
    return { id: '5f0c1a52-8a0e-4f0e-9f39-0a4b8a7d1c11', user, status: 'pending', lines, totalCents: 20_700, currency: 'EUR' };
  });

const hold = (sku: string): Promise<object> =>
  span('hold', async () => {
    annotate({ 'shop.sku': sku });
    await setImmediate();
    return { sku, quantity: 1 };
  });

const app = new Koa().use(traced()).use(async (ctx) => {
  ctx.body = await placeOrder();
});
const itDeclares = await declares();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const usage: ServiceUsage = { cpu: user + system, lost: startTracing().deliveries.lost, declares: itDeclares };
  process.send?.(usage);
});
process.once('disconnect', () => server.close(() => void shutdownTracing()));
process.send?.((server.address() as AddressInfo).port);
