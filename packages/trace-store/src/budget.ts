/** Too much is under way at a time; it may be tried again. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget';

  constructor() {
    super('too many requests are under way; try again');
  }
}

/** Memory that one request holds; it is let go when it is disposed. */
export interface Holder extends Disposable {
  /** Counts bytes that are held from now on. Throws `OverBudget`. */
  readonly add: (bytes: number) => void;
}

/** Bounds how much memory all requests together hold beside what is stored. */
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
