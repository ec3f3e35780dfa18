import type { Context } from '@opentelemetry/api';

/**
 * An OpenTelemetry context as a linked list, one entry per value. The API's own context copies a Map and makes three closures whenever a value
 * is set, which happens several times per request.
 */
class LinkedContext implements Context {
  readonly #key: symbol | undefined;
  readonly #value: unknown;
  readonly #next: LinkedContext | undefined;

  constructor(key?: symbol, value?: unknown, next?: LinkedContext) {
    this.#key = key;
    this.#value = value;
    this.#next = next;
  }

  getValue(key: symbol): unknown {
    if (this.#key === key) return this.#value;
    for (let at = this.#next; at; at = at.#next) if (at.#key === key) return at.#value;
    return undefined;
  }

  setValue(key: symbol, value: unknown): Context {
    return new LinkedContext(key, value, this.#without(key));
  }

  deleteValue(key: symbol): Context {
    return this.#without(key);
  }

  /** An old value is unlinked, so that a context that is passed on forever does not grow. */
  #without(key: symbol): LinkedContext {
    if (!this.#next) return this;
    if (this.#key === key) return this.#next;
    const rest = this.#next.#without(key);
    return rest === this.#next ? this : new LinkedContext(this.#key, this.#value, rest);
  }
}

/** The empty context that all linked contexts begin with. */
export const ROOT: Context = new LinkedContext();
