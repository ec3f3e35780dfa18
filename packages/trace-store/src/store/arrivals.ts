import type { StoredTrace } from './stored-trace.ts';

/** Traces in the order of their last arrival. A list and no map, because a map finds its oldest entry only by passing over all deleted ones. */
export class Arrivals {
  #oldest: StoredTrace | undefined;
  #newest: StoredTrace | undefined;

  get oldest(): StoredTrace | undefined {
    return this.#oldest;
  }

  append(trace: StoredTrace): void {
    trace.older = this.#newest;
    trace.newer = undefined;
    if (this.#newest === undefined) this.#oldest = trace;
    else this.#newest.newer = trace;
    this.#newest = trace;
  }

  remove(trace: StoredTrace): void {
    if (trace.older === undefined) this.#oldest = trace.newer;
    else trace.older.newer = trace.newer;
    if (trace.newer === undefined) this.#newest = trace.older;
    else trace.newer.older = trace.older;
  }

  *newestFirst(): Generator<StoredTrace> {
    for (let trace = this.#newest; trace !== undefined; trace = trace.older) yield trace;
  }
}
