/** What an id costs in a set. Measured: see `memory.test.ts`. */
const ID_BYTES = 100;

/** Remembers the latest evicted traces that fit into its memory, in two generations. The older one is forgotten at once. */
export class Evicted {
  readonly #generation: number;
  #latest = new Set<string>();
  #earlier = new Set<string>();

  /** `bytes` limits the memory for ids. */
  constructor(bytes: number) {
    this.#generation = Math.max(1, Math.floor(bytes / ID_BYTES / 2));
  }

  /** Estimated memory of the ids. */
  get bytes(): number {
    return (this.#latest.size + this.#earlier.size) * ID_BYTES;
  }

  add(key: string): void {
    if (this.#latest.size >= this.#generation) {
      this.#earlier = this.#latest;
      this.#latest = new Set();
    }
    this.#latest.add(key);
  }

  has(key: string): boolean {
    return this.#latest.has(key) || this.#earlier.has(key);
  }
}
