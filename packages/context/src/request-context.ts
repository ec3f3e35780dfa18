import { AsyncLocalStorage } from 'node:async_hooks';
import { propagation } from '@opentelemetry/api';
import { frozenCopy, type Frozen, type Immutable } from './immutable.ts';

declare const VALUE: unique symbol;

/** The name of a value of a request, and its type. Two keys are two, even of one name. */
export interface ContextKey<T extends Immutable> {
  readonly name: string;
  readonly [VALUE]?: (value: T) => T;
}

/**
 * A key for values of type `T`. Within a process it is known by identity, so libraries cannot collide; a job or a worker thread has
 * other keys, and finds a value by `name`.
 */
export function contextKey<T extends Immutable>(name: string): ContextKey<T> {
  return Object.freeze({ name });
}

interface Entry {
  /** What has come from another process or thread has only a name. */
  readonly key: { readonly name: string } | string;
  readonly value: Immutable;
}

/** A storage of its own, not OpenTelemetry's: who asks must be known when tracing is off, too. */
const active = new AsyncLocalStorage<RequestContext>();

/**
 * A few values that are known of a request and never change. They follow the request into nested spans, timers and callbacks, detached
 * tasks, bound functions, jobs and worker threads, whether tracing is on or off. They are never in HTTP headers, spans or logs.
 */
export class RequestContext {
  /** One for each key; they are few. */
  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    Object.freeze(this);
  }

  /** The one without values. */
  static readonly empty: RequestContext = new RequestContext([]);

  /** The one that is active here; an empty one outside of any `run`. */
  static current(): RequestContext {
    return active.getStore() ?? RequestContext.empty;
  }

  /** One from another process or thread, whose keys are known by name. */
  static fromRecord(record: Readonly<Record<string, Immutable>>): RequestContext {
    return new RequestContext(Object.entries(frozenCopy(record, 'A request context')).map(([key, value]) => ({ key, value })));
  }

  /** The value, frozen. One that came from another process or thread is as it was sent: its type is not checked. */
  get<T extends Immutable>(key: ContextKey<T>): Frozen<T> | undefined {
    const entry = this.#entries.find((one) => one.key === key) ?? this.#entries.find((one) => one.key === key.name);
    return entry?.value as Frozen<T> | undefined;
  }

  /**
   * A new one with this value, copied and frozen: later changes to the caller's object change nothing. This one stays as it is.
   * @throws {TypeError} for what is no `Immutable`, naming the key and the path to it
   */
  with<T extends Immutable>(key: ContextKey<T>, value: NoInfer<T>): RequestContext {
    const entry = { key, value: frozenCopy<T>(value, `The value of "${key.name}"`) };
    return new RequestContext([...this.#entries.filter((one) => one.key !== key), entry]);
  }

  /** Runs `fn`, and everything that it starts, with this as the current one. */
  run<T>(fn: () => T): T {
    return active.run(this, fn);
  }

  /** The active baggage (W3C Baggage) as a frozen record; its entries' properties are left out. */
  baggage(): Readonly<Record<string, string>> {
    const entries = propagation.getActiveBaggage()?.getAllEntries() ?? [];
    const record = Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
    return Object.freeze(Object.assign(Object.create(null) as typeof record, record));
  }

  /**
   * The values by the names of their keys, to be sent.
   * @throws {TypeError} if two keys have one name, and would be one value where they arrive
   */
  toRecord(): Readonly<Record<string, Immutable>> {
    const record = new Map<string, Immutable>();
    const own = new Set<string>();
    for (const { key, value } of this.#entries) {
      const name = typeof key === 'string' ? key : key.name;
      if (own.has(name)) throw new TypeError(`Two context keys are named "${name}": a job or a thread cannot tell them apart, rename one`);
      if (typeof key !== 'string') own.add(name);
      record.set(name, value);
    }
    return Object.fromEntries(record);
  }
}
