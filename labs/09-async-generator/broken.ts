import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Streams the prices, page by page as they are queried. */
export default async function exportPrices(ctx: Context): Promise<void> {
  const pages = await span('export prices', () => pricePages());
  ctx.body = Readable.from(pages);
}

async function* pricePages(): AsyncGenerator<string> {
  for (const page of [1, 2]) yield selectPrices(page);
}

/** A query as a query builder gives it: nothing happens until somebody awaits it, which `yield` does. */
function selectPrices(page: number): PromiseLike<string> {
  // oxlint-disable-next-line unicorn/no-thenable -- which is what query builders are
  return { then: (resolve, reject) => span(`select page ${page}`, () => delay(5, `lamp ${page}\n`)).then(resolve, reject) };
}
