import { setTimeout as delay } from 'node:timers/promises';

const SHORTEST_MS = 500;
const LONGEST_MS = 10_000;
/** A part that ran for this long before it ended is started again after the shortest wait. */
const HEALTHY_MS = 30_000;

/** Starts parts that ended by themselves again, each after a wait that doubles from 0.5 s to 10 s. */
export class Restarts {
  readonly #say: (note: string) => void;
  readonly #stopped = new AbortController();
  readonly #waits = new Map<string, { ms: number; readyAt: number }>();

  /** `say` is told of each end and each return, in one line. */
  constructor(say: (note: string) => void) {
    this.#say = say;
  }

  /** Ends all waiting; nothing is started any more. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Starts `part` again, which ended as `how` says (`exited with code 1`), until `start` succeeds. Never rejects. */
  async revive(part: string, how: string, start: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopped;
    const last = this.#waits.get(part);
    let ms = last === undefined || performance.now() - last.readyAt > HEALTHY_MS ? SHORTEST_MS : longer(last.ms);
    for (let ended = `${part} ${how}`; !signal.aborted; ms = longer(ms)) {
      this.#say(`${ended}; starting it again in ${ms / 1_000} s`);
      try {
        await delay(ms, undefined, { signal });
        await start();
        this.#waits.set(part, { ms, readyAt: performance.now() });
        return this.#say(`${part} is ready again`);
      } catch (error) {
        // Errors of a start may go on for many lines; the first sentence says what happened.
        ended = (error as Error).message.split(/\.\s/)[0] ?? '';
      }
    }
  }
}

const longer = (ms: number): number => Math.min(ms * 2, LONGEST_MS);
