import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startTraceStore } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing/until';
import { CannotRun } from '../attack/attack.ts';
import { checkBooks, settle, SKU, stockReleased, type Books } from '../attack/books.ts';
import { smallDisk } from '../attack/databases.ts';
import { acknowledged, load, statuses, type Outcome } from '../attack/load.ts';
import { balance, Wire } from '../attack/network.ts';
import { startAttackedShop, type AttackedShop } from '../attack/shop.ts';
import { countOf } from '../src/shop/query.ts';
import { faultsOf, pause, type Fault, type Victim } from './faults.ts';
import { TraceBook } from './traces.ts';

export interface Wish {
  rounds: number;
  /** How many of each service run, behind HAProxy if there are several. */
  replicas: number;
  signal: AbortSignal;
  /** Reports progress. */
  say: (line: string) => void;
}

export interface Report {
  books: Books;
  /** Requests, repeated ones included. */
  requests: number;
  statuses: string;
  oversold: number;
  chargedTwice: number;
  stuckReservations: number;
  /** Requests that failed while only the trace backend was down. */
  failedForTracing: number;
  settled: number;
  cut: number;
  wrong: string[];
}

const PER_SECOND = 15;
/** Every twentieth order is for a product that sells out. */
const SCARCE = 'brass-bell';
const SCARCE_STOCK = 50;
const REPEATS = 4;
const REPEAT_AFTER_MS = 1_000;
/** For the spans of the latest requests, and the last for the jobs that wait for a retry. */
const TRACES_MS = 12_000;
const LAST_TRACES_MS = 60_000;
/** A reservation without an order expires after this time. */
const EXPIRES_SECONDS = 60;

/** Breaks a shop under load, round after round, and checks what it did with the orders and their traces. */
export async function chaos({ rounds, replicas, signal, say }: Wish): Promise<Report> {
  await using undo = new AsyncDisposableStack();
  const notes: string[] = [];
  const note = (line: string): void => void notes.push(line);
  const disk = await smallDisk().catch((error: unknown) => {
    if (!(error instanceof CannotRun)) throw error;
    say(`The disk is not filled: ${error.message}.`);
  });
  if (disk) undo.use(disk);
  const backend = undo.use(await startTraceStore(note));
  let inventory: string[] = [];
  const wire = undo.use(new Wire(undo.use(await balance(() => inventory)).url));
  const attacked = undo.use(
    await startAttackedShop({
      env: {
        all: { OTEL_EXPORTER_OTLP_ENDPOINT: backend.otlpUrl },
        order: { INVENTORY_URL: await wire.open() },
        inventory: { RESERVATION_TTL_SECONDS: String(EXPIRES_SECONDS) },
      },
      ...(disk && { dataDir: join(disk.dir, 'postgres') }),
      replicas,
      onRestart: note,
    }),
  );
  inventory = [attacked.shop.urls.inventory];
  const victim: Victim = { attacked, backend, wire, disk: disk?.dir, notes, signal, turn: 0 };
  const book = new TraceBook(backend.url);
  const requests: (Outcome & { sentAt: number })[] = [];
  const spells: { from: number; to: number }[] = [];

  /** Places an order like a customer: repeats the request with the same key while the shop fails. */
  const customer = async (at: number): Promise<Outcome> => {
    const key = { 'idempotency-key': randomUUID() };
    for (let repeat = 0; ; repeat += 1) {
      const sentAt = performance.now();
      const outcome = await attacked.buyer.order(at % 20 === 0 ? SCARCE : SKU, 1, key);
      requests.push({ ...outcome, sentAt });
      book.add(outcome);
      if (repeat === REPEATS || !hasFailed(outcome)) return outcome;
      await pause(REPEAT_AFTER_MS, signal);
    }
  };

  const over = new AbortController();
  const running = load(PER_SECOND, over.signal, customer);
  try {
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      for (const fault of faultsOf(round, disk !== undefined)) {
        if (signal.aborted) break;
        await works(attacked, signal);
        // Whatever the backend holds is lost when it is killed.
        if (fault.onlyTracing) await book.close(TRACES_MS);
        const from = performance.now();
        await suffer(fault, victim);
        if (fault.onlyTracing) spells.push({ from, to: performance.now() });
        say(`round ${round + 1} of ${rounds}: ${fault.what}`);
      }
      await works(attacked, signal);
      await book.close(TRACES_MS);
    }
  } finally {
    over.abort();
  }
  const outcomes = await running;
  await works(attacked, signal);
  return {
    ...(await balanceOf(attacked, acknowledged(outcomes))),
    ...(await book.close(LAST_TRACES_MS), { settled: book.settled, cut: book.cut, wrong: book.wrong }),
    requests: requests.length,
    statuses: statuses(requests),
    failedForTracing: requests.filter((one) => hasFailed(one) && spells.some(({ from, to }) => one.sentAt >= from && one.sentAt <= to))
      .length,
  };
}

const hasFailed = ({ status }: Outcome): boolean => status === 0 || status >= 500;

async function suffer(fault: Fault, victim: Victim): Promise<void> {
  try {
    await fault.run(victim);
  } catch (error) {
    throw new Error(`${fault.what}: ${(error as Error).message}`, { cause: error });
  }
}

/** Waits until five orders in a row are accepted: what fails after that is not the fault of the outage before. */
async function works({ buyer }: AttackedShop, signal: AbortSignal): Promise<void> {
  let inARow = 0;
  const isBack = async (): Promise<boolean> => {
    inARow = (await buyer.order(SKU)).status === 201 ? inARow + 1 : 0;
    await pause(100, signal);
    return inARow >= 5 || signal.aborted;
  };
  await until(isBack, Boolean, 'the shop to accept orders again', 120_000);
}

type Balance = Pick<Report, 'books' | 'oversold' | 'chargedTwice' | 'stuckReservations'>;

async function balanceOf({ shop }: AttackedShop, ids: readonly string[]): Promise<Balance> {
  const { order, inventory } = shop.databases;
  await settle(shop);
  const stuckReservations = await stockReleased(shop, 3_000 * EXPIRES_SECONDS);
  const books = await checkBooks(shop, ids);
  const taken = await countOf(
    inventory,
    `select coalesce(sum(quantity), 0)::int as count from reservation_lines join reservations using (order_id)
     where sku = $1 and status in ('held', 'committed')`,
    [SCARCE],
  );
  const chargedTwice = await countOf(
    order,
    `select count(*)::int from payments where outcome = 'accepted' and not exists (select from placements where placements.order_id = payments.order_id)`,
  );
  return { books, oversold: Math.max(0, taken - SCARCE_STOCK), chargedTwice, stuckReservations };
}
