import { AssertionError } from 'node:assert';
import { judge, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';
import { terminalText } from '../text/terminal-text.ts';

/** The result of an assertion. */
export interface Outcome {
  readonly pass: boolean;
  /** If it did not pass: what was expected, what was received, and where they differ. If it passed: what was found. */
  readonly message: string;
  readonly trace: Trace;
}

/** Throws an `AssertionError` with the outcome's message if it did not pass. */
export function holds({ pass, message }: Outcome): void {
  if (!pass) throw new AssertionError({ message: terminalText(message, true), stackStartFn: holds });
}

/**
 * Throws an `AssertionError` if the outcome passed, and also if the trace is not complete: a span that is missing now may still arrive.
 */
export function holdsNot(outcome: Outcome): void {
  const { pass, message } = negated(outcome);
  if (!pass) throw new AssertionError({ message: terminalText(message, true), stackStartFn: holdsNot });
}

/** The opposite of an outcome. Does not pass if the trace is not complete. */
export function negated({ pass, message, trace }: Outcome): Outcome {
  if (pass) return { pass: false, message: `expected the opposite, but ${message}`, trace };
  return incomplete(trace) ?? { pass: true, message, trace };
}

/** The failure of an assertion that needs a complete trace; undefined if the trace is complete. */
export function incomplete(trace: Trace): Outcome | undefined {
  const { completeness, outcome, explanation } = judge(trace);
  const { missing } = completeness;
  if (missing.length === 0) return undefined;
  const unknown = completeness.state === 'unknown' ? `${completeness.sentence}\n` : '';
  const failure = unknown + (outcome.state === 'ok' ? '' : `${explanation}\n`);
  const message =
    `cannot tell: trace ${trace.traceId} is not complete, and more spans may arrive. It is still waiting for\n` +
    `${firstLines(missing)}\n${failure}Wait for the whole trace first: await tracesFrom(url).of(response).`;
  return { pass: false, message, trace };
}
