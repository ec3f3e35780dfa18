import type { Chunk } from './stored-trace.ts';

/** A stretch of the log. */
export interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** What was written here, in order; some of it may be of traces that are gone. */
  readonly chunks: Chunk[];
}

/** Encoded spans, somewhere in a slab. */
export interface SpanBytes {
  readonly slab: Slab;
  readonly start: number;
  readonly end: number;
}

/** The bytes of spans where they are; valid until the store is changed. */
export const spanBytes = ({ slab, start, end }: SpanBytes): Buffer => slab.bytes.subarray(start, end);

const SLAB_BYTES = 262_144;

/**
 * The bytes of all spans in the order of their arrival, in slabs of a fixed size. Memory for spans is taken and given back by the slab and
 * mostly used again at once, so that it stays as large as it is counted, whatever comes and goes.
 */
export class SpanLog {
  readonly #slabs: Slab[] = [];
  #spare: Buffer | undefined;
  /** The size of all slabs. */
  bytes = 0;

  /** Room for that many bytes at the end of the log. */
  reserve(size: number): SpanBytes {
    let slab = this.#slabs.at(-1);
    if (slab === undefined || slab.bytes.length - slab.used < size) this.#slabs.push((slab = this.#slab(size)));
    const start = slab.used;
    slab.used += size;
    return { slab, start, end: slab.used };
  }

  /** Takes the oldest slab out of the log. */
  takeOldest(): Slab | undefined {
    const slab = this.#slabs.shift();
    if (slab !== undefined) this.bytes -= slab.bytes.length;
    return slab;
  }

  /** Gives back the memory of a slab that was taken out and whose spans are moved or gone. */
  recycle(slab: Slab): void {
    if (slab.bytes.length === SLAB_BYTES) this.#spare = slab.bytes;
  }

  /** An empty slab; one of its own for more than fits into a slab. */
  #slab(size: number): Slab {
    const bytes = size > SLAB_BYTES ? Buffer.allocUnsafeSlow(size) : (this.#spare ?? Buffer.allocUnsafeSlow(SLAB_BYTES));
    if (bytes === this.#spare) this.#spare = undefined;
    this.bytes += bytes.length;
    return { bytes, used: 0, chunks: [] };
  }
}
