import { setImmediate } from 'node:timers/promises';

/** How long one turn may block the event loop, in milliseconds. */
const TURN_MS = 10;

/** How often the event loop runs between two turns: about as often as it takes to accept, read and answer a small request. */
const ROUNDS = 5;

let last: Promise<void> = Promise.resolve();
let end = 0;

/**
 * Waits for the caller's turn. Long work is done in turns, one caller at a time. Between two turns the event loop runs a few times, so that small
 * requests are answered. A turn should end when `turnIsOver`.
 */
export async function nextTurn(): Promise<void> {
  last = goRound(last);
  await last;
  end = performance.now() + TURN_MS;
}

async function goRound(before: Promise<void>): Promise<void> {
  await before;
  for (let round = 0; round < ROUNDS; round++) await setImmediate();
}

const turnIsOver = (): boolean => performance.now() >= end;

/** Runs a generator in turns, pausing where it yields. Resolves to its return value. */
export async function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  await nextTurn();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (turnIsOver()) await nextTurn();
  }
}

/** The minimum length of a piece, except the last, in characters. */
const PIECE_LENGTH = 65_536;

/** Joins many short texts into pieces that are large enough to send, in turns. It may pause at an empty part. */
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
