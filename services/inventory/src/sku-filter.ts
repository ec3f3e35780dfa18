import { randomUUID } from 'node:crypto';
import { BloomFilter } from 'bloomfilter';

/** A set of SKUs in a few bits each. It never denies a SKU that was added, but lets a small share of others pass. */
export class SkuFilter {
  readonly #bits: BloomFilter;
  readonly #capacity: number;
  /** Without it, an attacker could compute SKUs that pass, because the products are public. */
  readonly #salt = randomUUID();
  #size = 0;

  /** With at most `capacity` SKUs, it lets at most the share `errorRate` of all others pass. */
  constructor(capacity: number, errorRate: number) {
    this.#bits = BloomFilter.withTargetError(capacity, errorRate);
    this.#capacity = capacity;
  }

  /** Whether more SKUs would raise the error rate. */
  get isFull(): boolean {
    return this.#size >= this.#capacity;
  }

  add(sku: string): void {
    this.#bits.add(this.#salt + sku);
    this.#size += 1;
  }

  mayHave(sku: string): boolean {
    return this.#bits.test(this.#salt + sku);
  }
}
