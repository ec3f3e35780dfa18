import { differences } from '../copies.ts';
import { clipped, counted } from '../text.ts';
import type { Span, Trace } from '../trace.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** Ids are well formed (W3C Trace Context), and each span has its own. */
export const ids: Rule = ({ trace }) => [
  ...traceId(trace.traceId, trace.spans),
  ...trace.spans.flatMap(spanIds),
  ...duplicates(trace.spans),
  ...deliveredTwice(trace),
];

function traceId(id: string, spans: readonly Span[]): Finding[] {
  const strangers = spans.filter((span) => span.traceId !== id);
  const findings: Finding[] = [];
  if (!isId(id, 32)) {
    const message = `The trace id "${clipped(id)}" is invalid: it must be 32 hex digits, not all zero.`;
    findings.push(error('trace-id-malformed', [], message, MALFORMED));
  }
  if (strangers[0]) {
    const message = `The trace contains ${counted(strangers.length, 'span')} with a different trace id: ${strangers.slice(0, 3).map(named).join(', ')}${strangers.length > 3 ? ', …' : '.'}`;
    findings.push(error('trace-id-mixed', strangers, message, 'Spans of several traces were put into one by hand.'));
  }
  return findings;
}

function spanIds(span: Span): Finding[] {
  const findings: Finding[] = [];
  if (!isId(span.spanId, 16)) {
    const message = `${named(span)} has an invalid id: it must be 16 hex digits, not all zero.`;
    findings.push(error('span-id-malformed', [span], message, MALFORMED));
  }
  if (span.parentSpanId !== undefined && !isId(span.parentSpanId, 16)) {
    const message = `${named(span)} has an invalid parent id, "${clipped(span.parentSpanId)}": it must be 16 hex digits, not all zero.`;
    findings.push(error('span-id-malformed', [span], message, MALFORMED));
  }
  return findings;
}

const MALFORMED = 'The id was cut, encoded twice, or not made by a tracer.';

function duplicates(spans: readonly Span[]): Finding[] {
  const twins = [...Map.groupBy(spans, (span) => span.spanId).values()].filter((same) => same.length > 1);
  return twins.map((same) => {
    const [first, second] = same as [Span, Span, ...Span[]];
    const again = first.name === second.name && first.service === second.service && first.start === second.start;
    const which = differences(first, second).map(clipped);
    const differ = `They differ in ${which.slice(0, 5).join(', ')}${which.length > 5 ? ', …' : '.'}`;
    const message = `${same.length} spans share the id ${clipped(first.spanId)}: ${same.slice(0, 3).map(named).join(', ')}. ${differ}`;
    return error('span-id-duplicate', same, message, again ? CHANGED : REUSED);
  });
}

const CHANGED =
  'The span was exported twice and changed in between: once before it ended, or through two pipelines of which one adds attributes.';
const REUSED =
  'The id was reused: by a generator with too little randomness, a forked process, or a Zipkin tracer that shares ids between client and server.';

/** Identical copies do not make the trace wrong: each span counts once. */
function deliveredTwice({ spans, repeated = [] }: Trace): Finding[] {
  if (repeated.length === 0) return [];
  const copies = Map.groupBy(repeated, (id) => id);
  const most = [...copies.values()].reduce((most, { length }) => Math.max(most, length + 1), 0);
  const about = spans.filter(({ spanId }) => copies.has(spanId));
  const were = `${counted(copies.size, 'span')} ${copies.size === 1 ? 'was' : 'were'} delivered ${most === 2 ? 'twice' : `up to ${most} times`}`;
  return [
    note('span-delivered-twice', about, `${were}: ${about.slice(0, 3).map(named).join(', ')}${about.length > 3 ? ', …' : '.'}`, AGAIN),
  ];
}

const AGAIN = 'An exporter got no response and sent the spans again, although they had arrived; or two exporters send to one backend.';

const isId = (id: string, digits: number): boolean => id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
