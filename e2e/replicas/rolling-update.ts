import type { ServiceName } from '@waymark/local-stack';
import { checkBooks, fillShelf, SKU, type Books } from '../attack/books.ts';
import { acknowledged, Buyer, load, statuses } from '../attack/load.ts';
import { wait } from '../attack/shop.ts';
import { TraceBook } from '../chaos/traces.ts';
import type { Replicas } from './start-replicas.ts';

/** Callees first, as in any roll-out of services that call each other. */
const ORDER: readonly ServiceName[] = ['inventory', 'auth', 'order', 'gateway'];
/** Two cores must be able to run all processes and start one of them at this rate: an overload is another matter. */
const PER_SECOND = 10;
const TRACES_MS = 60_000;

export interface Update {
  replaced: number;
  requests: number;
  /** Requests without an answer, or with one that is not a success. */
  failed: number;
  books: Books;
  settled: number;
  cut: number;
  wrong: string[];
}

interface Wish {
  rounds: number;
  tracesUrl: string;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** Replaces each process of each service under load, one after the other, each when the one before is ready. Nothing may fail. */
export async function rollingUpdate({ shop, shops }: Replicas, { rounds, tracesUrl, signal, say }: Wish): Promise<Update> {
  await fillShelf(shop);
  await using buyer = new Buyer(shop.urls.gateway);
  await buyer.logIn();
  const traces = new TraceBook(tracesUrl);
  const over = new AbortController();
  const running = load(PER_SECOND, over.signal, async (at) => {
    if (at % 4 === 0) return buyer.get('/v1/products');
    const outcome = await buyer.order(SKU);
    traces.add(outcome);
    return outcome;
  });
  let replaced = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      for (const name of ORDER) {
        for (const [at, one] of shops.entries()) {
          if (signal.aborted) break;
          await one.restart(name);
          replaced += 1;
          say(`replaced ${name} ${at + 1} of ${shops.length}`);
          // Until the balancer has seen that it is ready.
          await wait(1);
        }
      }
    }
  } finally {
    over.abort();
  }
  const outcomes = await running;
  const failed = outcomes.filter(({ status }) => status >= 300 || status === 0);
  if (failed.length > 0) say(statuses(failed));
  const books = await checkBooks(shop, acknowledged(outcomes));
  await traces.close(TRACES_MS);
  return {
    replaced,
    requests: outcomes.length,
    failed: failed.length,
    books,
    settled: traces.settled,
    cut: traces.cut,
    wrong: traces.wrong,
  };
}
