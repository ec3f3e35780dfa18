import type { Chunk } from './stored-trace.ts';

/** A part of the log. */
export interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** When bytes were last reserved in it, in milliseconds since 1970. */
  latest: number;
  /** The chunks written here, in order. Some may belong to traces that are gone. */
  readonly chunks: Chunk[];
}

/** Encoded spans, somewhere in a slab. */
export interface SpanBytes {
  readonly slab: Slab;
  readonly start: number;
  readonly end: number;
}

/** The bytes of spans. Valid until the store changes. */
export const spanBytes = ({ slab, start, end }: SpanBytes): Buffer => slab.bytes.subarray(start, end);

const SLAB_BYTES = 262_144;

/**
 * The bytes of all spans in the order of their arrival, in slabs of a fixed size. Memory is allocated and freed by the slab and mostly reused, so that
 * the process uses as much as is counted.
 */
export class SpanLog {
  readonly #slabs: Slab[] = [];
  #spare: Buffer | undefined;
  /** The size of all slabs. */
  bytes = 0;

  /** Reserves bytes at the end of the log. */
  reserve(size: number): SpanBytes {
    let slab = this.#slabs.at(-1);
    if (slab === undefined || slab.bytes.length - slab.used < size) this.#slabs.push((slab = this.#slab(size)));
    const start = slab.used;
    slab.used += size;
    slab.latest = Date.now();
    return { slab, start, end: slab.used };
  }

  /** The slabs, the oldest first. */
  get slabs(): readonly Slab[] {
    return this.#slabs;
  }

  /** Removes the oldest slab from the log. */
  takeOldest(): Slab | undefined {
    const slab = this.#slabs.shift();
    if (slab !== undefined) this.bytes -= slab.bytes.length;
    return slab;
  }

  /** Frees a removed slab whose spans were moved or evicted. */
  recycle(slab: Slab): void {
    if (slab.bytes.length === SLAB_BYTES) this.#spare = slab.bytes;
  }

  /** An empty slab, larger than usual if the bytes would not fit. */
  #slab(size: number): Slab {
    const bytes = size > SLAB_BYTES ? Buffer.allocUnsafeSlow(size) : (this.#spare ?? Buffer.allocUnsafeSlow(SLAB_BYTES));
    if (bytes === this.#spare) this.#spare = undefined;
    this.bytes += bytes.length;
    return { bytes, used: 0, latest: 0, chunks: [] };
  }
}
