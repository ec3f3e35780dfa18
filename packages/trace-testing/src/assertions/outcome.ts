import { AssertionError } from 'node:assert';
import { judge, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';
import { terminalText } from '../text/terminal-text.ts';

/** What came of asking something of a trace. */
export interface Outcome {
  readonly pass: boolean;
  /** When it did not pass: what was expected, what came, where they part. When it did: what was found. */
  readonly message: string;
  readonly trace: Trace;
}

/** Throws an `AssertionError` with the outcome's message unless it passed. */
export function holds({ pass, message }: Outcome): void {
  if (!pass) throw new AssertionError({ message: terminalText(message, true), stackStartFn: holds });
}

/**
 * Throws an `AssertionError` if the outcome passed, and also if the trace is not complete: what is not there may still come, so that nobody
 * can say that it is not.
 */
export function holdsNot(outcome: Outcome): void {
  const { pass, message } = negated(outcome);
  if (!pass) throw new AssertionError({ message: terminalText(message, true), stackStartFn: holdsNot });
}

/** The opposite of an outcome, as far as the trace is complete. */
export function negated({ pass, message, trace }: Outcome): Outcome {
  if (pass) return { pass: false, message: `expected the opposite, but ${message}`, trace };
  return incomplete(trace) ?? { pass: true, message, trace };
}

/** The outcome of asking an incomplete trace for what is not there; undefined when it is complete. */
export function incomplete(trace: Trace): Outcome | undefined {
  const { completeness, outcome, explanation } = judge(trace);
  const { missing } = completeness;
  if (missing.length === 0) return undefined;
  const unknown = completeness.state === 'unknown' ? `${completeness.sentence}\n` : '';
  const failure = unknown + (outcome.state === 'ok' ? '' : `${explanation}\n`);
  const message =
    `cannot tell: trace ${trace.traceId} is not complete, and what is not there may still come. It waits for\n` +
    `${firstLines(missing)}\n${failure}Wait for all of it first: await tracesFrom(url).of(answer).`;
  return { pass: false, message, trace };
}
