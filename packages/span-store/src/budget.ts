/** Thrown if the requests in progress hold too much memory. The client should retry later. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';

  constructor() {
    super('too many requests in progress; try again');
  }
}

/** The bytes that one request holds. Disposing it gives them back. */
export interface Holder extends Disposable {
  /** Adds bytes. Throws `OverBudget` if that would exceed the limit. */
  readonly add: (bytes: number) => void;
}

/** A limit, in bytes, on what all requests in progress hold together. Stored spans do not count. */
export class Budget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  holder(): Holder {
    let held = 0;
    return {
      add: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) throw new OverBudget();
        this.#bytes += bytes;
        held += bytes;
      },
      [Symbol.dispose]: () => void (this.#bytes -= held),
    };
  }
}
