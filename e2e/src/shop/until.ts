import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is as wished. */
export async function until<T>(ask: () => Promise<T>, wished: (answer: T) => boolean, what: string, patienceMs = 30_000): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (performance.now() > end) throw new Error(`Waited ${patienceMs} ms for ${what}; the last answer was ${inspect(answer)}`);
    await delay(25);
  }
}
