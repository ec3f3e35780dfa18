import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Calls `ask` until its answer satisfies `wished`, and returns that answer. `what` completes "Timed out waiting for …". */
export async function until<T>(ask: () => Promise<T> | T, wished: (answer: T) => boolean, what: string, timeoutMs = 30_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (performance.now() > end)
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}; the last answer was ${inspect(answer)}`);
    await delay(20);
  }
}
