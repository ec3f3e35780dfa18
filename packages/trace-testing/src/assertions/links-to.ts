import type { Span, SpanLink, Trace } from '@waymark/trace-model';
import type { Outcome } from './outcome.ts';
import { spanLine } from '../tree/span-line.ts';

/** A trace or a span, by its ids. */
export interface LinkTarget {
  readonly traceId: string;
  readonly spanId?: string;
}

/** Checks that a span of the trace links to another trace, or to a span of it. */
export function linksTo(trace: Trace, target: LinkTarget): Outcome {
  const links = trace.spans.flatMap((span) => span.links.map((link) => ({ span, link })));
  const found = links.some(({ link }) => link.traceId === target.traceId && (target.spanId ?? link.spanId) === link.spanId);
  const wished = target.spanId === undefined ? `trace ${target.traceId}` : `span ${target.spanId} of trace ${target.traceId}`;
  const listed = links.slice(0, 10).map(({ span, link }) => `  ${spanLine(span)} → ${place(link, trace)}`);
  const there =
    links.length === 0 ? 'no span has a link' : `the links are\n${[...listed, ...(links.length > 10 ? ['  …'] : [])].join('\n')}`;
  if (found) return { pass: true, message: `trace ${trace.traceId} links to ${wished}; ${there}`, trace };
  return { pass: false, message: `expected a link to ${wished}, but in trace ${trace.traceId} ${there}`, trace };
}

function place({ traceId, spanId }: SpanLink, trace: Trace): string {
  const here: Span | undefined = traceId === trace.traceId ? trace.spans.find((span) => span.spanId === spanId) : undefined;
  return here ? `${spanLine(here)} (${spanId}, this trace)` : `span ${spanId} of trace ${traceId}`;
}
