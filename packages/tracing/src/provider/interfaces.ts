// The interfaces of @opentelemetry/sdk-trace and @opentelemetry/resources, by which other people's processors, exporters and detectors work
// with our provider. TypeScript compares them by their structure (conformance.test.ts); the packages themselves need not be installed.
import type { Attributes, Context, HrTime, Link, Span as ApiSpan, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { ExportResult, InstrumentationScope } from '@opentelemetry/core';

/** Describes the process that makes spans. */
export interface Resource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string;
  readonly asyncAttributesPending?: boolean;
  waitForAsyncAttributes?(): Promise<void>;
  merge(other: Resource | null): Resource;
  getRawAttributes(): [key: string, value: unknown][];
}

/** An event of a span. */
export interface TimedEvent {
  time: HrTime;
  name: string;
  attributes?: Attributes;
  droppedAttributesCount?: number;
}

/** A span as exporters and processors read it. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: () => SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: TimedEvent[];
  readonly duration: HrTime;
  readonly ended: boolean;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** A span that can be written and read. */
export type Span = ApiSpan & ReadableSpan;

/** Sees each recorded span as it starts and as it ends. */
export interface SpanProcessor {
  onStart(span: Span, parentContext: Context): void;
  /** The last moment at which the span can be changed. */
  onEnding?(span: Span): void;
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** For a processor that has nothing to do at the start or after the end of a span: our provider then does not call it. */
export const nothing = (): void => {};

/** Delivers spans to a backend. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}
