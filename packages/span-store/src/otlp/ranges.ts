import { crc32 } from 'node:zlib';

/** Parts of a request body that belong together. Neighbours are joined, so that they are copied at once. */
export class Ranges {
  readonly #bounds: number[] = [];
  /** The entries that are not in the body. */
  readonly #others: Buffer[] = [];
  /** How many entries were added. */
  count = 0;
  bytes = 0;

  add(start: number, end: number): void {
    const bounds = this.#bounds;
    if (bounds[bounds.length - 1] === start) bounds[bounds.length - 1] = end;
    else bounds.push(start, end);
    this.bytes += end - start;
    this.count++;
  }

  /** Adds an entry that differs from the one in the body. */
  addOther(bytes: Buffer): void {
    this.#others.push(bytes);
    this.bytes += bytes.length;
    this.count++;
  }

  /** Copies all entries, one after the other. */
  copy(body: Buffer, target: Buffer, at: number): void {
    let to = at;
    for (const part of this.#parts(body)) to += part.copy(target, to);
  }

  /** A checksum of all entries, one after the other. */
  checksum(body: Buffer): number {
    let sum = 0;
    for (const part of this.#parts(body)) sum = crc32(part, sum);
    return sum;
  }

  /** Whether all entries, one after the other, equal `bytes`. */
  equals(body: Buffer, bytes: Buffer): boolean {
    let at = 0;
    for (const part of this.#parts(body)) {
      if (part.compare(bytes, at, at + part.length) !== 0) return false;
      at += part.length;
    }
    return at === bytes.length;
  }

  *#parts(body: Buffer): Generator<Buffer> {
    for (let i = 0; i < this.#bounds.length; i += 2) yield body.subarray(this.#bounds[i], this.#bounds[i + 1]);
    yield* this.#others;
  }
}
