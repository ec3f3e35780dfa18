import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { bind, span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Streams the prices, page by page as they are queried. */
export default function exportPrices(ctx: Context): void {
  const pages = pricePages();
  // Whoever asks for a step, or for the end: the generator's body runs in this context.
  const next = bind(async () => pages.next());
  const end = bind(async () => pages.return(undefined));
  ctx.body = Readable.from({ [Symbol.asyncIterator]: () => ({ next, return: end }) });
}

async function* pricePages(): AsyncGenerator<string> {
  for (const page of [1, 2]) yield selectPrices(page);
}

/** A query as a query builder gives it: nothing happens until somebody awaits it, which `yield` does. */
function selectPrices(page: number): PromiseLike<string> {
  // oxlint-disable-next-line unicorn/no-thenable -- which is what query builders are
  return { then: (resolve, reject) => span(`select page ${page}`, () => delay(5, `lamp ${page}\n`)).then(resolve, reject) };
}
