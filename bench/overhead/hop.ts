// One of three services in a row: each calls the next and passes on its answer. It is traced as its variant says.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { Agent, request } from 'undici';

/** The answer of a service when it is asked. */
export interface HopUsage {
  /** CPU time of all its threads since the start, in microseconds. */
  readonly cpu: number;
  readonly residentMb: number;
  /** How many spans our tracing makes of what it has done: a SERVER span for each request, and a CLIENT span for each call. */
  readonly spans: number;
}

const { NEXT, OURS } = process.env;
const app = new Koa();
let agent = new Agent({ connections: 64 }) as Agent | ReturnType<Agent['compose']>;
if (OURS) {
  const { traced } = await import('@waymark/tracing/koa');
  const { traceRequests } = await import('@waymark/tracing/undici');
  app.use(traced());
  agent = agent.compose(traceRequests());
}
let requests = 0;
app.use(async (ctx) => {
  requests += 1;
  ctx.body = NEXT
    ? await (await request(`${NEXT}/orders/7`, { dispatcher: agent })).body.json()
    : { id: 7, status: 'paid', lines: [{ sku: 'lamp', quantity: 2 }], totalCents: 7_800, currency: 'EUR' };
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const usage: HopUsage = { cpu: user + system, residentMb: process.memoryUsage.rss() / 1e6, spans: requests * (NEXT ? 2 : 1) };
  process.send?.(usage);
});
process.once('disconnect', () => server.close(() => void stop()));
process.send?.((server.address() as AddressInfo).port);

/** The process has nothing left to do. Ours then delivers its spans, and others at SIGTERM. */
async function stop(): Promise<void> {
  await agent.close();
  if (!OURS) process.kill(process.pid, 'SIGTERM');
}
