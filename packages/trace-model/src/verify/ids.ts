import type { Span } from '../trace.ts';
import { error, named, short } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** Ids are well formed (W3C Trace Context) and each span has one of its own. */
export const ids: Rule = ({ trace }) => [
  ...traceId(trace.traceId, trace.spans),
  ...trace.spans.flatMap(spanIds),
  ...duplicates(trace.spans),
];

function traceId(id: string, spans: readonly Span[]): Finding[] {
  const strangers = spans.filter((span) => span.traceId !== id);
  const findings: Finding[] = [];
  if (!isId(id, 32)) {
    const message = `The trace id "${short(id)}" is not 32 hex digits that are not all zero.`;
    findings.push(error('trace-id-malformed', [], message, 'The id was cut, encoded twice, or made by something that is no tracer.'));
  }
  if (strangers[0]) {
    const message = `${named(strangers[0])} and ${strangers.length - 1} more carry another trace id than the trace they are in.`;
    findings.push(error('trace-id-mixed', strangers, message, 'Spans of several traces were put into one by hand.'));
  }
  return findings;
}

function spanIds(span: Span): Finding[] {
  const cause = 'The id was cut, encoded twice, or made by something that is no tracer.';
  const findings: Finding[] = [];
  if (!isId(span.spanId, 16)) {
    findings.push(error('span-id-malformed', [span], `${named(span)} has an id that is not 16 hex digits that are not all zero.`, cause));
  }
  if (span.parentSpanId !== undefined && !isId(span.parentSpanId, 16)) {
    const message = `${named(span)} has a parent id, "${short(span.parentSpanId)}", that is not 16 hex digits.`;
    findings.push(error('span-id-malformed', [span], message, cause));
  }
  return findings;
}

function duplicates(spans: readonly Span[]): Finding[] {
  const twins = [...Map.groupBy(spans, (span) => span.spanId).values()].filter((same) => same.length > 1);
  return twins.map((same) => {
    const [first, second] = same as [Span, Span, ...Span[]];
    const again = first.name === second.name && first.service === second.service && first.start === second.start;
    const message = `${same.length} spans share the id ${short(first.spanId)}: ${same.slice(0, 3).map(named).join(', ')}.`;
    return error('span-id-duplicate', same, message, again ? EXPORTED_TWICE : REUSED);
  });
}

const EXPORTED_TWICE =
  'The span was exported twice: two exporters, or one that tried again after a timeout although the first try had arrived.';
const REUSED =
  'An id was used again: a generator with too little randomness, a forked process, or a Zipkin tracer that shares ids between client and server.';

const isId = (id: string, digits: number): boolean => id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
