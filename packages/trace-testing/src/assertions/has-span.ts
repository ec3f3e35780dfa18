import type { Span, Trace } from '@waymark/trace-model';
import { editDistance } from '../text/edit-distance.ts';
import { incomplete, type Outcome } from './outcome.ts';
import { spanLine } from '../tree/span-line.ts';
import { checkQuery, queryText, unlike, type SpanQuery } from './span-query.ts';

/** A number of spans. */
export type Times = { readonly atLeast: number } | { readonly exactly: number } | { readonly atMost: number };

/**
 * Checks that the trace has a matching span, or a number of them. `exactly` and `atMost` fail on an incomplete trace. Throws a `TypeError` if the
 * query is empty or misspelt.
 */
export function hasSpan(trace: Trace, query: SpanQuery, times: Times = { atLeast: 1 }): Outcome {
  checkQuery(query);
  const { least, most, words } = range(times);
  const looked = trace.spans.map((span) => ({ span, differences: unlike(span, query) }));
  const found = looked.filter(({ differences }) => differences.length === 0);
  const expected = `expected ${words} with\n${queryText(query)}\n`;
  if (found.length >= least && found.length <= most) {
    const pass = {
      pass: true,
      message: `${there(found.length)} ${count(found.length)} with\n${queryText(query)}\n${list(found.map(({ span }) => span))}`,
      trace,
    };
    return most < Infinity ? (incomplete(trace) ?? pass) : pass;
  }
  if (found.length > 0)
    return {
      pass: false,
      message: `${expected}but ${there(found.length)} ${found.length}:\n${list(found.map(({ span }) => span))}`,
      trace,
    };
  const nearest = looked
    .toSorted((a, b) => a.differences.length - b.differences.length || farness(a.span, query) - farness(b.span, query))
    .slice(0, 3);
  const near = nearest.map(({ span, differences }) => `  ${spanLine(span)}\n${differences.map((line) => `    ${line}`).join('\n')}`);
  const none = `but none of the ${count(trace.spans.length)} of trace ${trace.traceId} matches. The most similar:\n${near.join('\n')}`;
  const waits = incomplete(trace) ? '\nThe trace is not complete: the span may still arrive.' : '';
  return { pass: false, message: expected + (trace.spans.length === 0 ? 'but the trace has no spans' : none) + waits, trace };
}

function range(times: Times): { least: number; most: number; words: string } {
  if ('exactly' in times) return { least: times.exactly, most: times.exactly, words: `exactly ${count(times.exactly)}` };
  if ('atMost' in times) return { least: 0, most: times.atMost, words: `at most ${count(times.atMost)}` };
  return { least: times.atLeast, most: Infinity, words: times.atLeast === 1 ? 'a span' : `at least ${count(times.atLeast)}` };
}

/** Among spans with equally many differences, the one with the most similar name is probably meant. */
const farness = (span: Span, { name }: SpanQuery): number => (typeof name === 'string' ? editDistance(span.name, name) : 0);

const there = (number: number): string => (number === 1 ? 'there is' : 'there are');
const MOST_LISTED = 10;
const list = (spans: readonly Span[]): string =>
  [...spans.slice(0, MOST_LISTED).map((span) => `  ${spanLine(span)}`), ...(spans.length > MOST_LISTED ? ['  …'] : [])].join('\n');
const count = (number: number): string => `${number} span${number === 1 ? '' : 's'}`;
