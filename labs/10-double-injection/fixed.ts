import { tracedRequest } from '@waymark/tracing/undici';
import type { Context } from 'koa';

/** Answers with the number of lamps, which only `/stock` knows. */
export default async function showLamp(ctx: Context): Promise<void> {
  if (ctx.path === '/stock') {
    ctx.body = { lamps: 3 };
    return;
  }
  const { body } = await tracedRequest(`http://${ctx.host}/stock`);
  ctx.body = await body.json();
}
