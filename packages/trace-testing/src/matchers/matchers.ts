import type { Trace } from '@waymark/trace-model';
import { calls } from '../assertions/calls.ts';
import { hasCriticalPath } from '../assertions/has-critical-path.ts';
import { hasDuration } from '../assertions/has-duration.ts';
import { hasNoErrors } from '../assertions/has-no-errors.ts';
import { hasServices } from '../assertions/has-services.ts';
import { hasSpan } from '../assertions/has-span.ts';
import { isComplete } from '../assertions/is-complete.ts';
import { linksTo } from '../assertions/links-to.ts';
import { matchTree } from '../assertions/match-tree.ts';
import { negated, type Outcome } from '../assertions/outcome.ts';
import { terminalText } from '../text/terminal-text.ts';

type ArgumentsOf<Assertion> = Assertion extends (trace: Trace, ...rest: infer Rest) => unknown ? Rest : never;

/** The matchers as types. `R` is what they return: nothing, or a promise after `resolves`. */
export interface TraceMatchers<R> {
  /** The whole trace has arrived, and nothing in it is broken. */
  toBeComplete(): R;
  /** The trace has the spans of this text, each in its place, and no others except where the text says `*`. */
  toMatchTree(...expected: ArgumentsOf<typeof matchTree>): R;
  /** The trace has a span like this, or at least, exactly or at most a number of them. */
  toHaveSpan(...expected: ArgumentsOf<typeof hasSpan>): R;
  /** No span has the status ERROR. */
  toHaveNoErrors(): R;
  /** The request waited for these spans, one per line, in this order. */
  toHaveCriticalPath(...expected: ArgumentsOf<typeof hasCriticalPath>): R;
  /** Every span like this took at most, or at least, a number of milliseconds. */
  toHaveDuration(...expected: ArgumentsOf<typeof hasDuration>): R;
  /** All of these services take part. */
  toHaveServices(...expected: ArgumentsOf<typeof hasServices>): R;
  /** A service calls another, sends it messages, or uses that database. */
  toCall(...expected: ArgumentsOf<typeof calls>): R;
  /** A span links to another trace, or to a span of it. */
  toLinkTo(...expected: ArgumentsOf<typeof linksTo>): R;
}

/** The part of a runner's matcher context that is used here. */
interface Context {
  readonly isNot?: boolean | undefined;
}

interface Verdict {
  readonly pass: boolean;
  message(): string;
}

/** The matchers for `expect.extend`, of any runner whose `expect` works like Jest's. */
export const traceMatchers = {
  toBeComplete: matcher('toBeComplete', isComplete),
  toMatchTree: matcher('toMatchTree', matchTree),
  toHaveSpan: matcher('toHaveSpan', hasSpan),
  toHaveNoErrors: matcher('toHaveNoErrors', hasNoErrors),
  toHaveCriticalPath: matcher('toHaveCriticalPath', hasCriticalPath),
  toHaveDuration: matcher('toHaveDuration', hasDuration),
  toHaveServices: matcher('toHaveServices', hasServices),
  toCall: matcher('toCall', calls),
  toLinkTo: matcher('toLinkTo', linksTo),
};

/** Turns an assertion into a matcher. With `not`, an incomplete trace fails too: the missing part could still contradict it. */
function matcher<Rest extends unknown[]>(name: string, assertion: (trace: Trace, ...rest: Rest) => Outcome) {
  return function (this: Context, received: unknown, ...rest: Rest): Verdict {
    const not = this.isNot === true;
    const outcome = assertion(asTrace(received, name), ...rest);
    const { pass, message } = not ? negated(outcome) : outcome;
    return { pass: pass !== not, message: () => terminalText(`expect(trace).${not ? 'not.' : ''}${name}\n\n${message}`, true) };
  };
}

function asTrace(received: unknown, name: string): Trace {
  if (typeof received !== 'object' || received === null) throw notATrace(name, typeof received);
  if ('spans' in received && Array.isArray(received.spans)) return received as Trace;
  if ('then' in received)
    throw new TypeError(`${name} needs a trace, but got a promise: await it, or \`await expect(traces.of(answer)).resolves.${name}(…)\``);
  throw notATrace(name, 'headers' in received ? 'a response' : 'an object without spans');
}

const notATrace = (name: string, got: string): TypeError =>
  new TypeError(`${name} needs a trace, such as the result of \`await traces.of(answer)\`, but got ${got}`);
