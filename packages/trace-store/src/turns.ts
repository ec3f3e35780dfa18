import { setImmediate } from 'node:timers/promises';

/** How long one turn may block the event loop, in milliseconds. */
const TURN_MS = 10;

let last: Promise<void> = Promise.resolve();
let end = 0;

/**
 * Waits for the caller's turn. Long work is done in turns, and there is one turn per round of the event loop, however many callers wait, so that
 * small requests are answered in between. A turn should end when `turnIsOver`.
 */
export async function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  await last;
  end = performance.now() + TURN_MS;
}

const turnIsOver = (): boolean => performance.now() >= end;

/** Runs a generator in turns: it may pause wherever it yields. Resolves to what it returns. */
export async function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  await nextTurn();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (turnIsOver()) await nextTurn();
  }
}

/** The least length of a piece but the last, in characters. */
const PIECE_LENGTH = 65_536;

/** Joins many short texts into pieces worth sending, in turns. An empty part is a place to pause. */
export async function* inPieces(parts: Iterable<string>): AsyncGenerator<string> {
  await nextTurn();
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length >= PIECE_LENGTH) {
      yield piece;
      piece = '';
      await nextTurn();
    } else if (turnIsOver()) await nextTurn();
  }
  if (piece !== '') yield piece;
}
