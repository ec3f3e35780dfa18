import { json } from 'node:stream/consumers';
import { contextKey, RequestContext } from '@waymark/context';
import { annotate, span } from '@waymark/tracing';
import type { Context } from 'koa';

/** The user of the request, so that no function needs a parameter for it. */
const USER = contextKey<string>('shop.user');

export default async function placeOrder(ctx: Context): Promise<void> {
  const user = ctx.get('x-user');
  annotate({ 'shop.user': user });
  await RequestContext.current()
    .with(USER, user)
    .run(async () => {
      const { cents } = (await json(ctx.req)) as { cents: number };
      await charge(cents);
    });
  ctx.status = 201;
}

async function charge(cents: number): Promise<void> {
  await span('charge', () => annotate({ 'shop.user': RequestContext.current().get(USER), 'shop.cents': cents }));
}
