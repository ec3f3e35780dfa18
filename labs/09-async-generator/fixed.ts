import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { bind } from '@waymark/context';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Streams the prices and queries them page by page. */
export default function exportPrices(ctx: Context): void {
  const pages = pricePages();
  // The generator's body runs in this context for every step and for `return`, no matter who calls.
  const next = bind(async () => pages.next());
  const end = bind(async () => pages.return(undefined));
  ctx.body = Readable.from({ [Symbol.asyncIterator]: () => ({ next, return: end }) });
}

async function* pricePages(): AsyncGenerator<string> {
  for (const page of [1, 2]) yield selectPrices(page);
}

/** A lazy query, as query builders make them: it runs only when it is awaited, which `yield` does. */
function selectPrices(page: number): PromiseLike<string> {
  // oxlint-disable-next-line unicorn/no-thenable -- query builders are thenables
  return { then: (resolve, reject) => span(`select page ${page}`, () => delay(5, `lamp ${page}\n`)).then(resolve, reject) };
}
