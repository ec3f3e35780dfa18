/** Waits until a trace is complete, and checks what is in it. */
import { tooOld } from './node-version.ts';

export type { CompleteTrace, Traces } from './traces/traces.ts';
export { tracesFrom, UnsampledTraceError } from './traces/traces.ts';
export type { RunningTraceStore } from './traces/start-trace-store.ts';
export { startTraceStore } from './traces/start-trace-store.ts';
export type { HeaderRecord, TraceSource } from './traces/trace-source.ts';
export { IncompleteTraceError } from './traces/incomplete-trace-error.ts';
export { TraceBackendError } from './traces/trace-backend-error.ts';
export type { Outcome } from './assertions/outcome.ts';
export { holds, holdsNot } from './assertions/outcome.ts';
export { isComplete } from './assertions/is-complete.ts';
export { matchTree } from './assertions/match-tree.ts';
export { treeText } from './tree/tree-diff.ts';
export type { Times } from './assertions/has-span.ts';
export { hasSpan } from './assertions/has-span.ts';
export type { ExpectedAttributes, ExpectedValue, SpanQuery } from './assertions/span-query.ts';
export { hasNoErrors } from './assertions/has-no-errors.ts';
export { hasCriticalPath } from './assertions/has-critical-path.ts';
export type { DurationLimits } from './assertions/has-duration.ts';
export { hasDuration } from './assertions/has-duration.ts';
export { hasServices } from './assertions/has-services.ts';
export { calls } from './assertions/calls.ts';
export type { LinkTarget } from './assertions/links-to.ts';
export { linksTo } from './assertions/links-to.ts';
export { traceSnapshot } from './matchers/trace-snapshot.ts';
export type { Attributes, AttributeValue, Completeness, Span, SpanEvent, SpanKind, SpanLink, Trace } from '@waymark/trace-model';

const reason = tooOld();
if (reason !== undefined) throw new Error(reason);
