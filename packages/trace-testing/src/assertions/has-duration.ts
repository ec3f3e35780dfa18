import { duration, formatDuration, type Span, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';
import { hasSpan } from './has-span.ts';
import type { Outcome } from './outcome.ts';
import { spanLine } from '../tree/span-line.ts';
import { unlike, type SpanQuery } from './span-query.ts';

/** Limits in milliseconds. */
export interface DurationLimits {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/**
 * Checks that every matching span took at most or at least this long. A trace without a matching span does not pass. Throws a `TypeError`
 * if there is no limit, or if the query is empty or misspelt.
 */
export function hasDuration(trace: Trace, query: SpanQuery, { atMost, atLeast }: DurationLimits): Outcome {
  if (atMost === undefined && atLeast === undefined) throw new TypeError('give a limit: { atMost: ms }, { atLeast: ms } or both');
  const there = hasSpan(trace, query);
  if (!there.pass) return there;
  const found = trace.spans.filter((span) => unlike(span, query).length === 0);
  const within = (span: Span): boolean => {
    const ms = Number(duration(span)) / 1e6;
    return ms <= (atMost ?? Infinity) && ms >= (atLeast ?? -Infinity);
  };
  const limits = [atMost !== undefined && `at most ${atMost} ms`, atLeast !== undefined && `at least ${atLeast} ms`]
    .filter(Boolean)
    .join(' and ');
  const wrong = found.filter((span) => !within(span));
  if (wrong.length === 0) return { pass: true, message: `these spans took ${limits}:\n${lines(found)}`, trace };
  const count = `${wrong.length} of ${found.length} ${found.length === 1 ? 'span' : 'spans'}`;
  return { pass: false, message: `expected ${limits}, but ${count} in trace ${trace.traceId} took\n${lines(wrong)}`, trace };
}

const lines = (spans: readonly Span[]): string =>
  firstLines(spans.map((span) => `${formatDuration(duration(span)).padStart(9)}  ${spanLine(span)}`));
