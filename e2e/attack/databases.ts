import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotRun, type Attack } from './attack.ts';
import { areBalanced, checkBooks, SKU, describe } from './books.ts';
import { query } from '../src/shop/query.ts';
import { acknowledged, inSeconds, load, slowest, statuses } from './load.ts';
import { until } from '@waymark/service-kit/testing/until';
import { Wire } from './network.ts';
import { startAttackedShop, wait } from './shop.ts';

/** A request may take 10 s at the gateway, and its answer a little longer. */
const LONGEST_MS = 11_000;

/** Ends the connection on which order's job worker listens for jobs. */
const END_LISTENER = `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'order' and query ilike 'listen%'`;

export const lostListener: Attack = {
  what: 'the connection on which the worker listens for jobs is closed',
  before: '853 of 1,510 acknowledged orders were charged and never fulfilled',
  async run({ quick }) {
    await using attacked = await startAttackedShop();
    const { shop, buyer } = attacked;
    const running = load(30, quick ? 20 : 50, () => buyer.order(SKU));
    await wait(3);
    await query(shop.databases.order, END_LISTENER);
    const outcomes = await running;
    const books = await checkBooks(shop, acknowledged(outcomes));
    return { now: describe(books), held: areBalanced(books) && books.acknowledged > outcomes.length * 0.9 };
  },
};

export const silentConnections: Attack = {
  what: 'all open database connections go dead; new ones work',
  before: 'every request got 504 during the 120 s of the measurement',
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

/** Stops or continues all processes of Postgres. */
export function signalPostgres(postmaster: number, signal: 'STOP' | 'CONT'): void {
  const children = execFileSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  execFileSync('kill', [`-${signal}`, ...children, String(postmaster)]);
}

export const frozenPostgres: Attack = {
  what: 'Postgres is frozen for 15 s',
  before: 'answers took 16 s; the limit is 10 s',
  async run() {
    await using attacked = await startAttackedShop();
    const { shop, buyer } = attacked;
    const before = await load(20, 2, () => buyer.order(SKU));
    signalPostgres(attacked.postgres.child.pid ?? 0, 'STOP');
    const frozen = await load(20, 15, () => buyer.order(SKU)).finally(() => signalPostgres(attacked.postgres.child.pid ?? 0, 'CONT'));
    await wait(3);
    const after = await load(20, 5, () => buyer.order(SKU));
    const books = await checkBooks(shop, acknowledged([...before, ...frozen, ...after]));
    return {
      now: `${statuses(frozen)}, the slowest after ${inSeconds(slowest(frozen))}; then ${statuses(after)}`,
      held: slowest(frozen) < LONGEST_MS && after.every(({ status }) => status === 201) && areBalanced(books),
    };
  },
};

const DISK_MB = 400;

/** Mounts a small disk in memory. */
export async function smallDisk(): Promise<AsyncDisposable & { dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'waymark-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=755`, 'tmpfs', dir], { stdio: 'pipe' });
  } catch {
    await rm(dir, { recursive: true });
    throw new CannotRun('it mounts a small disk, which needs Linux and root');
  }
  return {
    dir,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['--lazy', dir]);
      await rm(dir, { recursive: true });
    },
  };
}

/** Fills the disk with one file, and keeps it full until `over`. Then deletes the file. */
export async function keepFull(path: string, over: AbortSignal): Promise<void> {
  try {
    while (!over.aborted) {
      await fill(path);
      await wait(0.1);
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** Writes a file until the disk is full. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const size of [1_000_000, 4_096]) {
      const part = Buffer.alloc(size);
      while (
        await file.write(part).then(
          ({ bytesWritten }) => bytesWritten === size,
          () => false,
        )
      );
    }
  } finally {
    await file.close();
  }
}

export const fullDisk: Attack = {
  what: "Postgres's disk is full for 15 s",
  before: 'not tried',
  async run({ say }) {
    await using disk = await smallDisk();
    await using attacked = await startAttackedShop({ dataDir: join(disk.dir, 'postgres'), onRestart: say });
    const { shop, buyer } = attacked;
    const over = new AbortController();
    const filling = keepFull(join(disk.dir, 'filler'), over.signal);
    const full = await load(40, 15, () => buyer.order(SKU));
    over.abort();
    await filling;
    const begun = performance.now();
    const recovered = await until(
      () => buyer.order(SKU),
      ({ status }) => status === 201,
      'an order to be accepted',
      60_000,
    ).catch(() => undefined);
    const took = performance.now() - begun;
    const after = await load(20, 5, () => buyer.order(SKU));
    const books = await checkBooks(shop, acknowledged([...full, ...(recovered ? [recovered] : []), ...after]));
    const honest = full.every(({ status }) => status === 201 || status === 503);
    return {
      now: `${statuses(full)}; with space again, the first order after ${inSeconds(took)}, then ${statuses(after)}; ${describe(books)}`,
      held:
        honest &&
        full.some(({ status }) => status === 503) &&
        recovered !== undefined &&
        after.every(({ status }) => status === 201) &&
        areBalanced(books),
    };
  },
};
