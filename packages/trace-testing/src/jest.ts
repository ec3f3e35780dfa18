/** Jest matchers for traces: `import '@waymark/trace-testing/jest'`. */
import { expect } from '@jest/globals';
import type { Trace } from '#trace-model';
import { calls } from './calls.ts';
import { hasCriticalPath } from './has-critical-path.ts';
import { hasDuration } from './has-duration.ts';
import { hasNoErrors } from './has-no-errors.ts';
import { hasServices } from './has-services.ts';
import { hasSpan } from './has-span.ts';
import { isComplete } from './is-complete.ts';
import { linksTo } from './links-to.ts';
import { matcher } from './matcher.ts';
import { matchTree } from './match-tree.ts';
import { traceSnapshot } from './trace-snapshot.ts';

type ArgumentsOf<Assertion> = Assertion extends (trace: Trace, ...rest: infer Rest) => unknown ? Rest : never;

declare module 'expect' {
  // oxlint-disable-next-line typescript/no-unused-vars -- an interface is merged only with one of the same type parameters
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    /** All of the trace is there, and nothing in it is broken. */
    toBeComplete(): R;
    /** The trace has the spans of this text, each in its place, and no others but where it says `*`. */
    toMatchTree(...expected: ArgumentsOf<typeof matchTree>): R;
    /** The trace has a span that is like this; or at least, exactly, at most so many. */
    toHaveSpan(...expected: ArgumentsOf<typeof hasSpan>): R;
    /** No span has the status ERROR. */
    toHaveNoErrors(): R;
    /** The whole waited for these spans, a line each, in this order. */
    toHaveCriticalPath(...expected: ArgumentsOf<typeof hasCriticalPath>): R;
    /** Every span like this took at most, or at least, so many milliseconds. */
    toHaveDuration(...expected: ArgumentsOf<typeof hasDuration>): R;
    /** All of these services take part. */
    toHaveServices(...expected: ArgumentsOf<typeof hasServices>): R;
    /** A service calls another, sends it messages, or uses that database. */
    toCall(...expected: ArgumentsOf<typeof calls>): R;
    /** A span links to another trace, or to a span of it. */
    toLinkTo(...expected: ArgumentsOf<typeof linksTo>): R;
  }
}

expect.extend({
  toBeComplete: matcher('toBeComplete', isComplete),
  toMatchTree: matcher('toMatchTree', matchTree),
  toHaveSpan: matcher('toHaveSpan', hasSpan),
  toHaveNoErrors: matcher('toHaveNoErrors', hasNoErrors),
  toHaveCriticalPath: matcher('toHaveCriticalPath', hasCriticalPath),
  toHaveDuration: matcher('toHaveDuration', hasDuration),
  toHaveServices: matcher('toHaveServices', hasServices),
  toCall: matcher('toCall', calls),
  toLinkTo: matcher('toLinkTo', linksTo),
});
expect.addSnapshotSerializer(traceSnapshot);
