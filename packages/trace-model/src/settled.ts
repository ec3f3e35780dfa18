import {
  DEAD_LETTER,
  ENTRY,
  JOB_ATTEMPT,
  NEXT_ATTEMPT,
  NEXT_ATTEMPT_AT,
  PEER_SPAN,
  PEER_UNKNOWN,
  SEGMENT_DETACHED,
  SEGMENT_LOST,
  SEGMENT_SPANS,
  TRACE_MODE,
} from '@waymark/semantic-conventions';
import { attributeNumber, attributeText } from './attribute.ts';
import { clipped, counted } from './text.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** Something that the trace says must be there, but is not there. */
export interface Awaited {
  readonly what: 'root' | 'parent' | 'spans' | 'detached' | 'server' | 'consumer' | 'attempt' | 'dead-letter' | 'lost-attempt';
  /** What is missing, with service and span. */
  readonly message: string;
  /** The spans that say so. */
  readonly spanIds: readonly string[];
  /** When it is due, in milliseconds since 1970, if the trace says so. */
  readonly dueMs?: number;
}

/** Whether the trace is complete according to its own manifest (docs/manifest.md). */
export interface Settlement {
  /** True if nothing is awaited and every segment declares its size. */
  readonly settled: boolean;
  readonly awaited: readonly Awaited[];
  /** What will not come: attempts at a job whose process was killed. A later attempt shows that they existed. */
  readonly lost: readonly Awaited[];
  /** Services without a manifest: nobody can tell whether all their spans are there. */
  readonly undeclared: readonly string[];
  /** CLIENT spans that got no answer. A server may still be working for them. */
  readonly unknown: readonly Span[];
}

/** Tells whether a trace is settled, and if not, exactly what is still awaited. Spans beyond the declared number are findings of `verify`. */
export function settled(trace: Trace): Settlement {
  const nodes = walk(tree(trace));
  const here = new Set(nodes.map(({ span }) => span.spanId));
  const declaring = segments(nodes);
  const promised = [...detached(nodes, here), ...servers(nodes, here), ...messages(nodes, declaring)];
  const awaited = [...tops(nodes), ...declaring.flatMap(short), ...promised];
  const undeclared = new Set(
    nodes.filter((node) => startsSegment(node) && declaredSize(node.span) === undefined).map(({ span }) => span.service),
  );
  const unknown = nodes.filter(({ span }) => span.attributes[PEER_UNKNOWN] === true).map(({ span }) => span);
  const lost = lostAttempts(trace.spans);
  return { settled: awaited.length === 0 && undeclared.size === 0, awaited, lost, undeclared: [...undeclared], unknown };
}

/** The spans that one process made for one request, job or task: a root that declares their number, and the spans that have arrived. */
export interface Segment {
  readonly root: Span;
  readonly declared: number;
  readonly spans: readonly Span[];
}

/** The segments that declare their size. */
export function segments(nodes: readonly SpanNode[]): readonly Segment[] {
  return nodes.flatMap((node) => {
    const size = declaredSize(node.span);
    return size === undefined ? [] : [{ root: node.span, declared: size, spans: members(node) }];
  });
}

function members(root: SpanNode): Span[] {
  const found = [root];
  for (const { children } of found) for (const child of children) if (!startsSegment(child)) found.push(child);
  return found.map(({ span }) => span);
}

/** A segment starts at a span that declares a size, and wherever the process changes. */
function startsSegment({ span, parent }: SpanNode): boolean {
  return declaredSize(span) !== undefined || !parent || processOf(span) !== processOf(parent.span);
}

/** The process that made a span: its service and instance. */
export const processOf = ({ service, resource }: Span): string => `${service}/${attributeText(resource.attributes['service.instance.id'])}`;
/** The number of spans that the segment of this root declares. */
export const declaredSize = (span: Span): number | undefined => attributeNumber(span.attributes[SEGMENT_SPANS]);
/** The processes that declare the sizes of their segments: their services have a manifest. */
export const declaringProcesses = (spans: readonly Span[]): ReadonlySet<string> =>
  new Set(spans.filter((span) => declaredSize(span) !== undefined).map(processOf));
const text = (span: Span, name: string): string => attributeText(span.attributes[name] ?? '');

function tops(nodes: readonly SpanNode[]): Awaited[] {
  if (nodes.length === 0) return [{ what: 'root', message: 'its first span', spanIds: [] }];
  const orphans = nodes.filter(({ span, place }) => place === 'orphan' && span.attributes[ENTRY] !== true);
  const parents = Map.groupBy(orphans, ({ span }) => span.parentSpanId);
  return [...parents].map(([parent, children]) => ({
    what: 'parent',
    message: `the span ${clipped(parent ?? '')} above ${children
      .slice(0, 3)
      .map(({ span }) => named(span))
      .join(', ')}${children.length > 3 ? ' …' : ''}${loss(children.map(({ span }) => span))}`,
    spanIds: children.map(({ span }) => span.spanId),
  }));
}

function short({ root, declared: size, spans }: Segment): Awaited[] {
  if (spans.length >= size) return [];
  const message = `${size - spans.length} of the ${counted(size, 'span')} of ${named(root)}${loss(spans)}`;
  return [{ what: 'spans', message, spanIds: [root.spanId] }];
}

/** How many spans the process says it lost. Each span of a segment has the count at the time when it ended. */
function loss(spans: readonly Span[]): string {
  const said = spans.map(({ service, attributes }) => ({ service, lost: attributeNumber(attributes[SEGMENT_LOST]) ?? 0 }));
  const most = said.reduce((a, b) => (b.lost > a.lost ? b : a), { service: '', lost: 0 });
  return most.lost > 0 ? ` (${clipped(most.service)} lost ${counted(most.lost, 'span')}: its export queue was full)` : '';
}

function detached(nodes: readonly SpanNode[], here: ReadonlySet<string>): Awaited[] {
  return nodes.flatMap(({ span }) => {
    // Jaeger v1 returns the array as text.
    const promised = text(span, SEGMENT_DETACHED).match(/[0-9a-f]{16}/g) ?? [];
    return promised
      .filter((id) => !here.has(id))
      .map((id) => ({ what: 'detached' as const, message: `the detached task ${id} of ${named(span)}`, spanIds: [span.spanId] }));
  });
}

function servers(nodes: readonly SpanNode[], here: ReadonlySet<string>): Awaited[] {
  return nodes.flatMap(({ span }) => {
    const peer = text(span, PEER_SPAN);
    return peer === '' || here.has(peer)
      ? []
      : [{ what: 'server', message: `the server span ${clipped(peer)} that answered ${named(span)}`, spanIds: [span.spanId] }];
  });
}

/** Whether the message is consumed in its own trace, which links to this one. Then nothing of it is awaited here. */
export const isLinked = (span: Span): boolean => text(span, TRACE_MODE) === 'link';

/**
 * What is awaited of each message: that it is consumed, that another attempt follows a failed one, and that the last failed attempt is
 * followed by a dead letter. A cancelled message has ended. A message id alone is not enough, because other tracers write it too: a CONSUMER is
 * only awaited if the PRODUCER is in a segment that declares its size.
 */
function messages(nodes: readonly SpanNode[], declaring: readonly Segment[]): Awaited[] {
  const bound = new Set(declaring.flatMap(({ spans }) => spans));
  const ofMessage = Map.groupBy(
    nodes.map(({ span }) => span).filter((span) => text(span, 'messaging.message.id') !== '' && !isLinked(span)),
    (span) => `${text(span, 'messaging.system')}/${text(span, 'messaging.message.id')}`,
  );
  return [...ofMessage.values()].flatMap((spans) => {
    const consumed = spans.filter(({ kind }) => kind === 'CONSUMER');
    const attempts = consumed.reduce((most, span) => Math.max(most, attributeNumber(span.attributes[JOB_ATTEMPT]) ?? 1), 0);
    const operations = new Set(spans.map((span) => text(span, 'messaging.operation.name')));
    if (operations.has('cancel')) return [];
    return spans.flatMap((span): Awaited[] => {
      const next = attributeNumber(span.attributes[NEXT_ATTEMPT]) ?? 0;
      const awaited = (what: Awaited['what'], message: string, more: { dueMs?: number } = {}): Awaited[] => [
        { what, message, spanIds: [span.spanId], ...more },
      ];
      if (span.kind === 'PRODUCER' && consumed.length === 0 && bound.has(span))
        return awaited('consumer', `a consumer of the message that ${named(span)} sent`);
      if (next > attempts) return awaited('attempt', `attempt ${next} of ${jobOf(span)}`, due(span));
      if (span.attributes[DEAD_LETTER] === true && !operations.has('dead_letter'))
        return awaited('dead-letter', `the dead letter of ${jobOf(span)}`);
      return [];
    });
  });
}

const attemptOf = (span: Span): number | undefined => attributeNumber(span.attributes[JOB_ATTEMPT]);

/** A killed process never exports the span of its attempt. The next attempt shows that it existed, unless each attempt has its own trace. */
function lostAttempts(spans: readonly Span[]): Awaited[] {
  const attempts = spans.filter((span) => span.kind === 'CONSUMER' && attemptOf(span) !== undefined && !isLinked(span));
  const ofMessage = Map.groupBy(attempts, (span) => text(span, 'messaging.message.id'));
  return [...ofMessage.values()].flatMap((same) => {
    const seen = new Set(same.map(attemptOf));
    const last = same.reduce((a, b) => ((attemptOf(a) ?? 0) > (attemptOf(b) ?? 0) ? a : b));
    const before = Array.from({ length: Math.min(attemptOf(last) ?? 0, 1000) }, (_, at) => at + 1).filter((number) => !seen.has(number));
    return before.map((number) => ({
      what: 'lost-attempt' as const,
      message: `attempt ${number} of ${jobOf(last)} (its process was killed or lost its spans)`,
      spanIds: [last.spanId],
    }));
  });
}

/** The job or queue of a PRODUCER or CONSUMER span. */
export const jobOf = (span: Span): string => clipped(text(span, 'messaging.destination.name')) || `\`${clipped(span.name)}\``;

function due(span: Span): { dueMs?: number } {
  const dueMs = Date.parse(text(span, NEXT_ATTEMPT_AT));
  return Number.isNaN(dueMs) ? {} : { dueMs };
}

const named = ({ service, name }: Span): string => `${clipped(service)} \`${clipped(name)}\``;
