import { subscribe } from 'node:diagnostics_channel';
import { context, propagation } from '@opentelemetry/api';
import { tracedRequest } from '@waymark/tracing/undici';
import type { Context } from 'koa';

type Created = { request: { addHeader(name: string, value: string): void } };

// Works like an auto-instrumentation of undici that was left on when `traceRequests()` was added.
subscribe('undici:request:create', (message) => {
  propagation.inject(context.active(), (message as Created).request, { set: (request, name, value) => request.addHeader(name, value) });
});

/** Answers with the number of lamps, which only `/stock` knows. */
export default async function showLamp(ctx: Context): Promise<void> {
  if (ctx.path === '/stock') {
    ctx.body = { lamps: 3 };
    return;
  }
  const { body } = await tracedRequest(`http://${ctx.host}/stock`);
  ctx.body = await body.json();
}
