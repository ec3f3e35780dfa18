import { setTimeout } from 'node:timers/promises';

/** What a request knows about its caller, and a task keeps in its context. */
export type Caller = { user: string; tenant: string; roles: string[]; address: { city: string; postcode: string } };
export type Value = string | Caller;

/** A task, similar to a request, with what a variant keeps for it. */
export interface Task {
  readonly id: number;
  /** Runs a function in the context that was captured for the task. */
  resume?: <T>(fn: () => T) => T;
}

/** A way to keep a value for a task while it awaits. */
export interface Variant {
  readonly name: string;
  /** Runs a task with this value. */
  begin<T>(task: Task, value: Value, run: () => Promise<T>): Promise<T>;
  read(task: Task): Value | undefined | Promise<Value | undefined>;
  /** Runs the rest of a task with another value. */
  write<T>(task: Task, value: Value, rest: () => Promise<T>): Promise<T>;
}

/** What the tasks do. */
export interface Load {
  readonly name: string;
  readonly what: string;
  /** The work before each operation. */
  between(): Promise<unknown>;
  /** Creates a value that belongs to this user. */
  valueOf(user: string): Value;
}

/** How many values tasks have read, and how many of these belonged to another task. */
export interface Reads {
  all: number;
  foreign: number;
}

/** The number of operations on its context per task. */
export const OPERATIONS = 20;

/** One of this many operations is a write. */
export type WriteEvery = 2 | 20;

/** The answer of another service, which the request passes on. */
const ORDER = {
  id: '5f0c1a52-8a0e-4f0e-9f39-0a4b8a7d1c11',
  status: 'pending',
  currency: 'EUR',
  lines: [
    { sku: 'lamp', name: 'Desk lamp', quantity: 2, priceCents: 3_900 },
    { sku: 'rug', name: 'Rug, 120 × 180', quantity: 1, priceCents: 12_900 },
    { sku: 'mug', name: 'Mug', quantity: 6, priceCents: 900 },
  ],
};

const RECEIVED = JSON.stringify(ORDER);
let written = 0;

const callerOf = (user: string): Caller => ({
  user,
  tenant: 'waymark',
  roles: ['buyer', 'admin'],
  address: { city: 'Leeds', postcode: 'LS1 4AP' },
});

const immediately = Promise.resolve();

/** Like a request that waits for another service and passes on its answer. */
async function realWork(): Promise<void> {
  await setTimeout(1);
  written += JSON.stringify(JSON.parse(RECEIVED)).length;
}
const REAL = 'each operation first waits 1 ms for an answer, parses it (an order as JSON) and writes it again';
const NOTHING = 'each operation first awaits a resolved promise';

/** The value is an id, which is what a context should hold. */
export const REALISTIC_IDS: Load = {
  name: 'realistic, ids',
  what: `${REAL}; the value is the user's id`,
  between: realWork,
  valueOf: (user) => user,
};

export const REALISTIC_RECORDS: Load = {
  name: 'realistic, records',
  what: `${REAL}; the value is a record that contains a list and another record`,
  between: realWork,
  valueOf: callerOf,
};

export const IDS_ONLY: Load = {
  name: 'context only, ids',
  what: `${NOTHING}; the value is the user's id`,
  between: () => immediately,
  valueOf: (user) => user,
};

export const RECORDS_ONLY: Load = {
  name: 'context only, records',
  what: `${NOTHING}; the value is a record that contains a list and another record`,
  between: () => immediately,
  valueOf: callerOf,
};

let tasks = 0;

/** Runs a task and counts its reads in `reads`. */
export function runTask(variant: Variant, load: Load, every: WriteEvery, reads: Reads): Promise<void> {
  const task: Task = { id: ++tasks };
  const user = `user-${task.id}`;
  const operate = async (first: number): Promise<void> => {
    for (let operation = first; operation < OPERATIONS; operation++) {
      await load.between();
      if (operation % every === every / 2) return variant.write(task, load.valueOf(user), () => operate(operation + 1));
      const read = variant.read(task);
      const seen = read instanceof Promise ? await read : read;
      reads.all += 1;
      if ((typeof seen === 'string' ? seen : seen?.user) !== user) reads.foreign += 1;
    }
  };
  return variant.begin(task, load.valueOf(user), () => operate(0));
}
