/** A stretch of time in nanoseconds since the trace began. */
export type Stretch = readonly [from: number, to: number];

/** How wide a folded wait is, as a share of the time in which spans run. */
const FOLDED_SHARE = 1 / 16;

/**
 * From times of a trace to places on its timeline, both in nanoseconds. They are the same, except that waits can be folded: a wait is a time
 * in which no span runs, longer than all the time in which spans run. A request of 30 ms whose job runs a minute later would otherwise be a line of one pixel.
 */
export class TimeScale {
  /** The waits that are folded, in order. */
  readonly folds: readonly Stretch[];
  readonly #folded: number;

  /** `stretches` are the times of all spans. */
  constructor(stretches: readonly Stretch[], foldWaits: boolean) {
    const waits = waitsIn(stretches);
    const end = stretches.reduce((last, [, to]) => Math.max(last, to), 0);
    const busy = Math.max(1, end - waits.reduce((sum, [from, to]) => sum + to - from, 0));
    this.folds = foldWaits ? waits.filter(([from, to]) => to - from > busy) : [];
    this.#folded = busy * FOLDED_SHARE;
  }

  /** The place of a time. */
  place(time: number): number {
    let place = time;
    for (const [from, to] of this.folds) {
      if (time >= to) place -= to - from - this.#folded;
      else if (time > from) return place - (time - from) + ((time - from) / (to - from)) * this.#folded;
    }
    return place;
  }

  /** The time at a place. */
  time(place: number): number {
    let time = place;
    for (const [from, to] of this.folds) {
      if (time >= from + this.#folded) time += to - from - this.#folded;
      else if (time > from) return from + ((time - from) / this.#folded) * (to - from);
    }
    return time;
  }

  /** The places of the times between folds, in order. */
  get parts(): readonly Stretch[] {
    const ends = this.folds.map(([from]) => this.place(from));
    const starts = this.folds.map(([, to]) => this.place(to));
    return [0, ...starts].map((from, at) => [from, ends[at] ?? Infinity]);
  }
}

/** The times between the first start and the last end in which no span runs. */
function waitsIn(stretches: readonly Stretch[]): readonly Stretch[] {
  const waits: Stretch[] = [];
  let covered = 0;
  for (const [from, to] of stretches.toSorted(([a], [b]) => a - b)) {
    if (from > covered) waits.push([covered, from]);
    covered = Math.max(covered, to);
  }
  return waits;
}
