import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TraceStore } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing/until';
import { keepFull, signalPostgres } from '../attack/databases.ts';
import type { Wire } from '../attack/network.ts';
import type { AttackedShop } from '../attack/shop.ts';

/** The processes of the shop, by the names that restarts are reported with. */
export const PARTS = ['inventory', 'order', 'auth', 'gateway', 'Postgres', 'the trace store'] as const;
export type Part = (typeof PARTS)[number];

/** What the faults act on. */
export interface Victim {
  attacked: AttackedShop;
  backend: TraceStore;
  /** Between order and inventory. */
  wire: Wire;
  /** The folder of a small disk that holds the data of Postgres; undefined if this machine cannot mount one. */
  disk: string | undefined;
  /** What was restarted, the latest last. */
  notes: string[];
  /** Ends the faults early. */
  signal: AbortSignal;
  /** Counts the faults, which hit one replica after the other. */
  turn: number;
}

/** Something that goes wrong for a while. */
export interface Fault {
  what: string;
  /** Whether only the trace backend suffers, so that no request may fail. */
  onlyTracing: boolean;
  run(victim: Victim): Promise<void>;
}

const STOPPED_MS = 20_000;
const FULL_MS = 10_000;
const CUT_MS = 10_000;

/** Waits, or until the end is asked for. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

function signalPart({ attacked, backend, turn }: Victim, part: Part, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  if (part === 'the trace store') return backend.kill(signal);
  const { postgres, shops } = attacked;
  const pid = part === 'Postgres' ? postgres.child.pid : shops[turn % shops.length]?.pid(part);
  if (pid === undefined) throw new Error(`${part} does not run`);
  if (part !== 'Postgres' || signal === 'SIGKILL') process.kill(pid, signal);
  else signalPostgres(pid, signal === 'SIGSTOP' ? 'STOP' : 'CONT');
}

export const kill = (part: Part): Fault => ({
  what: `kill -9 of ${part}`,
  onlyTracing: part === 'the trace store',
  async run(victim) {
    victim.notes.length = 0;
    victim.turn += 1;
    signalPart(victim, part, 'SIGKILL');
    const isBack = (): boolean => victim.notes.includes(`${part} is ready again`) || victim.signal.aborted;
    await until(isBack, Boolean, `${part} to be ready again`, 60_000);
  },
});

export const stop = (part: Part): Fault => ({
  what: `${part} stopped for ${STOPPED_MS / 1_000} s`,
  onlyTracing: part === 'the trace store',
  async run(victim) {
    victim.turn += 1;
    signalPart(victim, part, 'SIGSTOP');
    try {
      await pause(STOPPED_MS, victim.signal);
    } finally {
      signalPart(victim, part, 'SIGCONT');
    }
  },
});

export const fullDisk: Fault = {
  what: `the disk of Postgres full for ${FULL_MS / 1_000} s`,
  onlyTracing: false,
  async run({ disk, signal }) {
    if (disk === undefined) return;
    // Not AbortSignal.any: without a listener, it forgets a timeout that was collected as garbage (https://github.com/nodejs/node/pull/57867).
    const over = new AbortController();
    const full = keepFull(join(disk, 'filler'), over.signal);
    await pause(FULL_MS, signal);
    over.abort();
    await full;
  },
};

export const cutNetwork: Fault = {
  what: `no network between order and inventory for ${CUT_MS / 1_000} s`,
  onlyTracing: false,
  async run({ wire, signal }) {
    await wire.cut();
    await pause(CUT_MS, signal);
    await wire.open();
  },
};

/** The faults of a round: every part is killed; one part after the other is stopped; the disk and the network take turns. */
export function faultsOf(round: number, hasDisk: boolean): Fault[] {
  const stopped = PARTS[round % PARTS.length] ?? 'order';
  return [...PARTS.map(kill), stop(stopped), hasDisk && round % 2 === 0 ? fullDisk : cutNetwork];
}
