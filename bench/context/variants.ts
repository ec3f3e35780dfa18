import { AsyncLocalStorage } from 'node:async_hooks';
import { contextKey, RequestContext } from '@waymark/context';
import { Mutex } from 'async-mutex';
import type { Task, Value, Variant } from './task.ts';

/** One object that all tasks change. This is the baseline. */
export function unprotected(name: string): Variant {
  const shared: { value?: Value } = {};
  return {
    name,
    begin(_, value, run) {
      shared.value = value;
      return run();
    },
    read: () => shared.value,
    write(_, value, rest) {
      shared.value = value;
      return rest();
    },
  };
}

/** A new frozen context for each value, active while a function runs in it. */
export function immutableCopy(name: string): Variant {
  const key = contextKey<Value>('bench.value');
  const runWith = <T>(value: Value, fn: () => Promise<T>): Promise<T> => RequestContext.current().with(key, value).run(fn);
  return {
    name,
    begin: (_, value, run) => runWith(value, run),
    read: () => RequestContext.current().get(key) as Value | undefined,
    write: (_, value, rest) => runWith(value, rest),
  };
}

/** An object for each task, which all code of the task can change. */
export function storage(name: string): Variant {
  const active = new AsyncLocalStorage<{ value: Value }>();
  return {
    name,
    begin: (_, value, run) => active.run({ value }, run),
    read: () => active.getStore()?.value,
    write(_, value, rest) {
      const own = active.getStore();
      if (own) own.value = value;
      return rest();
    },
  };
}

/** A snapshot of each value's context. Each read goes through it, like in a callback that somebody else calls. */
export function snapshot(name: string): Variant {
  const active = new AsyncLocalStorage<Value>();
  const capture = (task: Task, value: Value): void => {
    task.resume = active.run(value, () => AsyncLocalStorage.snapshot());
  };
  return {
    name,
    begin(task, value, run) {
      capture(task, value);
      return run();
    },
    read: (task) => task.resume?.(() => active.getStore()),
    write(task, value, rest) {
      capture(task, value);
      return rest();
    },
  };
}

/** A table with a row for each task, and a mutex around each operation on it. */
export function mutexPerOperation(name: string): Variant {
  const mutex = new Mutex();
  const rows = new Map<number, Value>();
  return {
    name,
    async begin({ id }, value, run) {
      await mutex.runExclusive(() => rows.set(id, value));
      try {
        return await run();
      } finally {
        await mutex.runExclusive(() => rows.delete(id));
      }
    },
    read: ({ id }) => mutex.runExclusive(() => rows.get(id)),
    async write({ id }, value, rest) {
      await mutex.runExclusive(() => rows.set(id, value));
      return rest();
    },
  };
}

/** One object for all tasks, and a mutex that a task holds from its start to its end while the others wait. */
export function mutexPerTask(name: string): Variant {
  const mutex = new Mutex();
  const shared = unprotected(name);
  return { ...shared, begin: (task, value, run) => mutex.runExclusive(() => shared.begin(task, value, run)) };
}
