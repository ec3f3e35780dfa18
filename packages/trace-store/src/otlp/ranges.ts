/** Stretches of a request body that belong together; neighbours are joined, so that spans in a row are copied at once. */
export class Ranges {
  readonly #bounds: number[] = [];
  #bytes = 0;
  count = 0;

  add(start: number, end: number): void {
    const bounds = this.#bounds;
    if (bounds[bounds.length - 1] === start) bounds[bounds.length - 1] = end;
    else bounds.push(start, end);
    this.#bytes += end - start;
    this.count++;
  }

  /** A copy, so that a trace holds its own bytes and never keeps a whole request alive. */
  copy(body: Buffer): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#bytes);
    let to = 0;
    for (let i = 0; i < this.#bounds.length; i += 2) to += body.copy(copy, to, this.#bounds[i], this.#bounds[i + 1]);
    return copy;
  }
}
