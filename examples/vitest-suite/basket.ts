import { annotate, span } from '@waymark/tracing';
import { traced } from '@waymark/tracing/fastify';
import Fastify, { type FastifyInstance } from 'fastify';

const PRICES: Readonly<Record<string, number>> = { lamp: 40, lantern: 25 };

/** A service that prices a basket, such as `lamp,lantern`. */
export async function basketService(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(traced());
  app.get<{ Params: { basket: string } }>('/prices/:basket', async ({ params }, reply) => {
    const items = params.basket.split(',');
    if (items.some((item) => !(item in PRICES))) return reply.code(422).send({ code: 'unknown_item' });
    const total = await span('price the basket', async () => {
      annotate({ 'basket.items': items.length });
      return items.reduce((sum, item) => sum + (PRICES[item] ?? 0), 0);
    });
    return { total };
  });
  return app;
}
