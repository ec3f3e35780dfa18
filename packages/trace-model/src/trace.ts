import type { Attributes } from './attribute.ts';
import { withoutCopies } from './copies.ts';

/** The role of a span in a call or message (OTLP `Span.SpanKind`). */
export type SpanKind = 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';

/** The result of the work (OTLP `Status`). `message` is empty unless the code is ERROR. */
export interface Status {
  readonly code: 'UNSET' | 'OK' | 'ERROR';
  readonly message: string;
}

/** Something that happened at one moment of a span. `time` is in nanoseconds since 1970. */
export interface SpanEvent {
  readonly time: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

/** A reference to a related span that is not the parent. It may be in another trace. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly flags: number;
}

/** A span of another trace that links to a span of this one. */
export interface IncomingLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
  /** The span that it links to. */
  readonly linkedSpanId: string;
}

/** The process that made a span. */
export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

/** The instrumentation that made a span. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

/**
 * One span, frozen. Well-formed ids are lowercase hex; malformed ids stay as they were received. Times are nanoseconds since 1970 as
 * `bigint`: a `number` can hold current times only to the nearest 256 ns.
 */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  /** `service.name` of the resource, or `unknown_service`. */
  readonly service: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly status: Status;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly dropped: { readonly attributes: number; readonly events: number; readonly links: number };
  readonly resource: Resource;
  readonly scope: Scope;
}

/** The known spans of one trace, sorted by start, each once. It keeps orphans, and different spans that share an id. */
export interface Trace {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** The ids of spans that were delivered again, identical in every field: one entry for each removed copy. */
  readonly repeated?: readonly string[];
}

/** The duration of the span in nanoseconds; negative if it ends before it starts. */
export const duration = (span: Span): bigint => span.end - span.start;

/** The names of the services in the trace, in order of their first spans. */
export const services = (trace: Trace): readonly string[] => [...new Set(trace.spans.map((span) => span.service))];

/**
 * Groups spans by trace id and sorts each trace by start, for example to join spans that were read in several chunks. Of identical copies one is
 * kept; the ids of the others are in `repeated`.
 */
export function tracesOf(spans: Iterable<Span>): readonly Trace[] {
  const byTrace = Map.groupBy(spans, (span) => span.traceId);
  return [...byTrace].map(([traceId, found]) => {
    const { spans, repeated } = withoutCopies(found.sort(byStart));
    return Object.freeze({ traceId, spans: Object.freeze(spans), ...(repeated.length > 0 && { repeated: Object.freeze(repeated) }) });
  });
}

/** Sorts by start, then by id, so that the result does not depend on the order of arrival. */
const byStart = (a: Span, b: Span): number => compare(a.start, b.start) || compare(a.spanId, b.spanId);
const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
