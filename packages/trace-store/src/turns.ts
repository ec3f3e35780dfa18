import { setImmediate } from 'node:timers/promises';

/** How long one turn may keep everything else waiting, in milliseconds. */
const TURN = 10;

let last: Promise<void> = Promise.resolve();
let end = 0;

/**
 * What takes long is done by turns: each time the event loop comes round, it is one caller's turn, however many there are. Resolves when it is;
 * who can should give it up when `turnIsOver`.
 */
export async function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  await last;
  end = performance.now() + TURN;
}

const turnIsOver = (): boolean => performance.now() >= end;

/** Does work that may be interrupted wherever it yields, and resolves to what it returns. */
export async function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  await nextTurn();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (turnIsOver()) await nextTurn();
  }
}

/** How many characters are put together before they are sent. */
const PIECE = 65_536;

/** Makes a text of its parts, piece by piece as it is read; parts that are empty only let others in. */
export async function* inPieces(parts: Iterable<string>): AsyncGenerator<string> {
  await nextTurn();
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length >= PIECE) {
      yield piece;
      piece = '';
      await nextTurn();
    } else if (turnIsOver()) await nextTurn();
  }
  if (piece !== '') yield piece;
}
