import type { Attributes } from './attribute.ts';
import { withoutCopies } from './copies.ts';

/** What a span says about the call it stands for (OTLP `Span.SpanKind`). */
export type SpanKind = 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';

/** How the work ended (OTLP `Status`); `message` is empty unless the code is ERROR. */
export interface Status {
  readonly code: 'UNSET' | 'OK' | 'ERROR';
  readonly message: string;
}

/** Something that happened at one moment of a span. `time` in nanoseconds since 1970. */
export interface SpanEvent {
  readonly time: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

/** A reference to a span that is related but not the parent, in this trace or another. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly flags: number;
}

/** A span of another trace that links to a span of the trace asked about. */
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
 * One span, frozen. Ids are lowercase hex where they are well formed, and as they came where they are not. Times are nanoseconds
 * since 1970 as `bigint`: a `number` holds today's nanoseconds only to the nearest 256.
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

/** The spans that were found of one trace, in order of start, each once. Orphans are kept, and so are different spans with one id. */
export interface Trace {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** The ids of spans that were delivered again, the same in every field: one entry for each copy that was left out. */
  readonly repeated?: readonly string[];
}

/** How long the span took, in nanoseconds; negative when it ends before it starts. */
export const duration = (span: Span): bigint => span.end - span.start;

/** The names of the services that take part, in order of their first span. */
export const services = (trace: Trace): readonly string[] => [...new Set(trace.spans.map((span) => span.service))];

/**
 * Groups spans by trace id, each trace in order of start, so that spans that were read in several chunks come together. Of identical copies
 * one is kept, and the others are in `repeated`.
 */
export function tracesOf(spans: Iterable<Span>): readonly Trace[] {
  const byTrace = Map.groupBy(spans, (span) => span.traceId);
  return [...byTrace].map(([traceId, found]) => {
    const { spans, repeated } = withoutCopies(found.sort(byStart));
    return Object.freeze({ traceId, spans: Object.freeze(spans), ...(repeated.length > 0 && { repeated: Object.freeze(repeated) }) });
  });
}

/** Orders by start; equal starts by id, so that the same spans make the same trace however they arrived. */
const byStart = (a: Span, b: Span): number => compare(a.start, b.start) || compare(a.spanId, b.spanId);
const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
