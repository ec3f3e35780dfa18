/** Stretches of a request body that belong together; neighbours are joined, so that spans in a row are copied at once. */
export class Ranges {
  readonly #bounds: number[] = [];
  /** What was written anew. */
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

  /** Adds an entry that is not in the body as it is to be kept. */
  addOther(bytes: Buffer): void {
    this.#others.push(bytes);
    this.bytes += bytes.length;
    this.count++;
  }

  /** Copies all of them, one after the other. */
  copy(body: Buffer, target: Buffer, at: number): void {
    let to = at;
    for (let i = 0; i < this.#bounds.length; i += 2) to += body.copy(target, to, this.#bounds[i], this.#bounds[i + 1]);
    for (const other of this.#others) to += other.copy(target, to);
  }
}
