import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { context, propagation } from '@opentelemetry/api';
import { traceHttpClients } from '@waymark/tracing/node-http';
import type { Context } from 'koa';

traceHttpClients();

/** The team's own helper. It was there first, and nobody removed its injection when `traceHttpClients()` was added. */
async function ask(url: string): Promise<unknown> {
  const outgoing = request(url);
  propagation.inject(context.active(), outgoing, { set: (to, name, value) => void to.appendHeader(name, value) });
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return json(answer);
}

/** Answers with the number of lamps, which only `/stock` knows. */
export default async function showLamp(ctx: Context): Promise<void> {
  ctx.body = ctx.path === '/stock' ? { lamps: 3 } : await ask(`http://${ctx.host}/stock`);
}
