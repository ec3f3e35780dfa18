/** Thrown when the requests under way hold too much memory. The client should try again later. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';

  constructor() {
    super('too many requests are under way; try again');
  }
}

/** The bytes that one request holds. Disposing it gives them back. */
export interface Holder extends Disposable {
  /** Counts further bytes as held. Throws `OverBudget` when that would exceed the budget. */
  readonly add: (bytes: number) => void;
}

/** A bound, in bytes, on what all requests under way hold together. Stored spans do not count. */
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
