import { setTimeout as delay } from 'node:timers/promises';

const SHORTEST_MS = 500;
const LONGEST_MS = 10_000;
/** A part that ran for this long is restarted after the shortest delay. */
const HEALTHY_MS = 30_000;

/** Restarts parts that ended by themselves, after a delay that doubles from 0.5 s to 10 s. */
export class Restarts {
  readonly #say: (note: string) => void;
  readonly #stopped = new AbortController();
  readonly #waits = new Map<string, { ms: number; readyAt: number }>();

  /** @param say receives one line for each end and each restart */
  constructor(say: (note: string) => void) {
    this.#say = say;
  }

  /** Cancels all pending restarts and allows no more. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Calls `start` until it succeeds. `how` says how `part` ended (`exited with code 1`). Never rejects. */
  async restart(part: string, how: string, start: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopped;
    const last = this.#waits.get(part);
    let ms = last === undefined || performance.now() - last.readyAt > HEALTHY_MS ? SHORTEST_MS : longer(last.ms);
    for (let ended = `${part} ${how}`; !signal.aborted; ms = longer(ms)) {
      this.#say(`${ended}; restarting in ${ms / 1_000} s`);
      try {
        await delay(ms, undefined, { signal });
        await start();
        this.#waits.set(part, { ms, readyAt: performance.now() });
        return this.#say(`${part} is ready again`);
      } catch (error) {
        // A start error may have many lines; its first sentence says what happened.
        ended = (error as Error).message.split(/\.\s/)[0] ?? '';
      }
    }
  }
}

const longer = (ms: number): number => Math.min(ms * 2, LONGEST_MS);
