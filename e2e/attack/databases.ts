import { execFileSync } from 'node:child_process';
import type { Attack } from './attack.ts';
import { areBalanced, checkBooks, query, SKU, told } from './books.ts';
import { acknowledged, inSeconds, load, slowest, statuses } from './load.ts';
import { Wire } from './network.ts';
import { startAttackedShop, wait } from './shop.ts';

/** A request may take 10 s at the gateway, and its answer a moment. */
const LONGEST_MS = 11_000;

/** The connection on which order's job worker waits for jobs. */
const END_LISTENER = `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'order' and query ilike 'listen%'`;

export const lostListener: Attack = {
  what: 'the connection on which the worker waits for jobs is ended',
  before: '853 of 1,510 acknowledged orders charged and never delivered',
  async run({ quick }) {
    await using attacked = await startAttackedShop();
    const { shop, buyer } = attacked;
    const running = load(30, quick ? 20 : 50, () => buyer.order(SKU));
    await wait(3);
    await query(shop.databases.order, END_LISTENER);
    const outcomes = await running;
    const books = await checkBooks(shop, acknowledged(outcomes));
    return { now: told(books), held: areBalanced(books) && books.acknowledged > outcomes.length * 0.9 };
  },
};

export const silentConnections: Attack = {
  what: 'all database connections go silent; new ones work',
  before: 'every request answered 504 for the 120 s that were measured',
  async run({ quick }) {
    await using wires = new AsyncDisposableStack();
    let wire: Wire | undefined;
    await using attacked = await startAttackedShop({ wire: (url) => (wire = wires.use(new Wire(url))).open() });
    const { shop, buyer } = attacked;
    await load(20, 2, () => buyer.order(SKU));
    const begun = performance.now();
    const muted = wire?.mute() ?? 0;
    let lastFailure = 0;
    const outcomes = await load(20, quick ? 20 : 40, async () => {
      const sentAt = performance.now() - begun;
      const outcome = await buyer.order(SKU);
      if (outcome.status !== 201) lastFailure = Math.max(lastFailure, sentAt);
      return outcome;
    });
    const books = await checkBooks(shop, acknowledged(outcomes));
    const failed = outcomes.filter(({ status }) => status !== 201).length;
    return {
      now: `${muted} connections silent: ${failed} of ${outcomes.length} requests failed${failed ? `, none that came after ${inSeconds(lastFailure)}` : ''}; the slowest took ${inSeconds(slowest(outcomes))}`,
      held: muted > 0 && lastFailure < 16_000 && areBalanced(books),
    };
  },
};

/** Stops or continues Postgres with all the processes that belong to it. */
function signalPostgres(postmaster: number, signal: 'STOP' | 'CONT'): void {
  const children = execFileSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  execFileSync('kill', [`-${signal}`, ...children, String(postmaster)]);
}

export const frozenPostgres: Attack = {
  what: 'Postgres stands still for 15 s',
  before: 'answers after 16 s; the limit is 10 s',
  async run() {
    await using attacked = await startAttackedShop();
    const { shop, buyer } = attacked;
    const before = await load(20, 2, () => buyer.order(SKU));
    signalPostgres(attacked.postgresPid(), 'STOP');
    const frozen = await load(20, 15, () => buyer.order(SKU)).finally(() => signalPostgres(attacked.postgresPid(), 'CONT'));
    await wait(3);
    const after = await load(20, 5, () => buyer.order(SKU));
    const books = await checkBooks(shop, acknowledged([...before, ...frozen, ...after]));
    return {
      now: `${statuses(frozen)}, the slowest after ${inSeconds(slowest(frozen))}; then ${statuses(after)}`,
      held: slowest(frozen) < LONGEST_MS && after.every(({ status }) => status === 201) && areBalanced(books),
    };
  },
};
