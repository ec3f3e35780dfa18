import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/** Polls until the answer satisfies `wished`, and returns it. */
export async function until<T>(ask: () => Promise<T> | T, wished: (answer: T) => boolean, what: string): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (performance.now() > end) throw new Error(`Timed out waiting for ${what}; the last answer was ${JSON.stringify(answer)}`);
    await delay(20);
  }
}
