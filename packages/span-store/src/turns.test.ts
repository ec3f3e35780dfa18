import { expect, test } from '@jest/globals';
import { inPieces, inTurns } from './turns.ts';

/** Blocks the event loop for longer than a turn may take. */
function busy(): void {
  const end = performance.now() + 11;
  while (performance.now() < end);
}

test('however much long work there is, the event loop goes round several times between any two turns', async () => {
  let rounds = 0;
  let counting = true;
  const count = (): void => {
    rounds++;
    if (counting) setImmediate(count);
  };
  const seen: number[] = [];
  function* work(): Generator<string, number> {
    for (let stretch = 0; stretch < 5; stretch++) {
      busy();
      seen.push(rounds);
      yield '';
    }
    return seen.length;
  }
  const read = async (): Promise<void> => {
    for await (const piece of inPieces(work())) expect(piece).toBe('');
  };
  count();
  const works = [inTurns(work()), inTurns(work()), inTurns(work()), read(), read()];
  await Promise.all(works);
  counting = false;
  expect(seen).toHaveLength(25);
  const roundsBetween = seen.slice(1).map((round, index) => round - (seen[index] ?? 0));
  expect(Math.min(...roundsBetween)).toBeGreaterThanOrEqual(4);
  expect(await works[2]).toBeGreaterThan(0);
});

test('parts are joined into pieces, and the work ends when the reader leaves', async () => {
  const left: string[] = [];
  function* parts(): Generator<string> {
    try {
      for (let part = 0; part < 300_000; part++) yield `${part} `;
    } finally {
      left.push('done');
    }
  }
  let text = '';
  const sizes: number[] = [];
  for await (const piece of inPieces(parts())) {
    text += piece;
    sizes.push(piece.length);
  }
  expect(text).toBe(Array.from({ length: 300_000 }, (_, part) => `${part} `).join(''));
  expect(Math.max(...sizes)).toBeLessThan(66_000);
  for await (const piece of inPieces(parts())) if (piece.includes('9')) break;
  expect(left).toEqual(['done', 'done']);
});
