import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Context, ContextManager } from '@opentelemetry/api';
import { ROOT } from './linked-context.ts';

type Callback = (this: unknown, ...args: unknown[]) => unknown;

const ADD = ['addListener', 'on', 'once', 'prependListener', 'prependOnceListener'] as const;
const REMOVE = ['removeListener', 'off'] as const;

/** Keeps OpenTelemetry's active context in an AsyncLocalStorage. */
export class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  readonly #boundEmitters = new WeakSet<EventEmitter>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    if (thisArg == null)
      return args.length === 0 ? this.#storage.run(context, fn as () => ReturnType<F>) : this.#storage.run(context, fn, ...args);
    return this.#storage.run(context, fn.bind(thisArg) as F, ...args);
  }

  /** A function is bound itself; of an emitter, each listener that is added from now on. Anything else stays as it is. */
  bind<T>(context: Context, target: T): T {
    if (target instanceof EventEmitter) this.#bindListeners(context, target);
    return typeof target === 'function' ? (this.#bound(context, target as unknown as Callback) as T) : target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }

  #bound(context: Context, fn: Callback): Callback {
    const storage = this.#storage;
    const bound = function bound(this: unknown, ...args: unknown[]): unknown {
      return storage.run(context, () => fn.apply(this, args));
    };
    return Object.defineProperty(bound, 'length', { value: fn.length });
  }

  #bindListeners(context: Context, emitter: EventEmitter): void {
    if (this.#boundEmitters.has(emitter)) return;
    this.#boundEmitters.add(emitter);
    const bounds = new WeakMap<Callback, Callback>();
    const ours = new WeakSet<Callback>();
    const boundTo = (listener: Callback & { listener?: Callback }): Callback => {
      // `once` wraps a listener and calls `on`.
      if (ours.has(listener) || (listener.listener && ours.has(listener.listener))) return listener;
      const bound = bounds.get(listener) ?? this.#bound(context, listener);
      bounds.set(listener, bound);
      ours.add(bound);
      return bound;
    };
    const methods = emitter as unknown as Record<string, (event: string | symbol, listener: Callback) => EventEmitter>;
    for (const name of ADD) {
      const add = methods[name]!.bind(emitter);
      methods[name] = (event, listener) => add(event, boundTo(listener));
    }
    for (const name of REMOVE) {
      const remove = methods[name]!.bind(emitter);
      methods[name] = (event, listener) => remove(event, bounds.get(listener) ?? listener);
    }
  }
}
