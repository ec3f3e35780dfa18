import {
  diag,
  SpanStatusCode,
  type Attributes,
  type Exception,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';
import { cleanAttributes, cleanSimpleAttributes, hrTimeDuration, isTimeInput, type InstrumentationScope } from '@opentelemetry/core';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_STACKTRACE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';
import { type AttributeLimits, type SpanAttributes } from './attributes.ts';
import { monotonicZero, toHrTime } from './clock.ts';
import type { Resource, Span, SpanProcessor, TimedEvent } from './interfaces.ts';

/** OpenTelemetry's limits of a span (OTEL_SPAN_*_LIMIT). */
export interface SpanLimits extends AttributeLimits {
  readonly eventCountLimit: number;
  readonly linkCountLimit: number;
  readonly attributePerEventCountLimit: number;
  readonly attributePerLinkCountLimit: number;
}

/** What all spans of a provider have in common. */
export interface SpanSettings {
  readonly resource: Resource;
  readonly limits: SpanLimits;
  /** The processors that do something at the start of a span, before its end, and after it. */
  readonly starting: readonly SpanProcessor[];
  readonly ending: readonly SpanProcessor[];
  readonly ended: readonly SpanProcessor[];
}

/** What a span starts with. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly startTime: TimeInput | undefined;
  readonly attributes: SpanAttributes;
  readonly links: readonly Link[] | undefined;
}

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

/**
 * A span that is recorded: OpenTelemetry's `Span` to write and `ReadableSpan` to read. It behaves as the SDK's does, except that its times are
 * as precise as the monotonic clock. Its fields are plain, so that an exporter can make a span that inherits from it.
 */
export class RecordingSpan implements Span {
  name: string;
  readonly kind: SpanKind;
  declare readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  endTime: HrTime = [0, 0];
  ended = false;
  status: SpanStatus = UNSET;
  readonly events: TimedEvent[] = [];
  readonly links: Link[] = [];
  readonly instrumentationScope: InstrumentationScope;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** For the exporter, which need not make an object of them. */
  readonly spanAttributes: SpanAttributes;
  private readonly context: SpanContext;
  private readonly settings: SpanSettings;
  /** The zero of the monotonic clock, as it was at the start: a span takes as long as it takes, whatever the wall clock does meanwhile. */
  private readonly zero: number;

  /** Does not tell the processors: the tracer does. */
  constructor(settings: SpanSettings, scope: InstrumentationScope, start: SpanStart) {
    const now = performance.now();
    this.zero = monotonicZero(now);
    this.settings = settings;
    this.instrumentationScope = scope;
    this.name = start.name;
    this.kind = start.kind;
    this.context = start.context;
    // Set in any case, so that all spans have one shape.
    this.parentSpanContext = start.parent as SpanContext;
    this.startTime = start.startTime === undefined ? toHrTime(this.zero + now) : this.timeOf(start.startTime);
    this.spanAttributes = start.attributes;
    if (start.links) this.addLinks(start.links);
  }

  get resource(): Resource {
    return this.settings.resource;
  }

  get attributes(): Attributes {
    return this.spanAttributes.object;
  }

  get droppedAttributesCount(): number {
    return this.spanAttributes.droppedCount;
  }

  get duration(): HrTime {
    return this.ended ? hrTimeDuration(this.startTime, this.endTime) : [-1, -1];
  }

  spanContext(): SpanContext {
    return this.context;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: Attributes[string]): this {
    if (!this.isLate() && value !== undefined) this.spanAttributes.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const key in attributes) if (Object.hasOwn(attributes, key)) this.setAttribute(key, attributes[key]);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.isLate()) return this;
    const { eventCountLimit, attributePerEventCountLimit: attributeCountLimit, attributeValueLengthLimit } = this.settings.limits;
    const isTime = isTimeInput(attributesOrTime);
    const attributes = isTime ? undefined : attributesOrTime;
    const at = this.timeOf(time ?? (isTime ? attributesOrTime : undefined));
    const event = { name, time: at, ...cleanSimpleAttributes(attributes, { attributeCountLimit, attributeValueLengthLimit }) };
    this.droppedEventsCount += pushNewest(this.events, event, eventCountLimit);
    return this;
  }

  addLink({ context, attributes }: Link): this {
    if (this.isLate()) return this;
    const { linkCountLimit, attributePerLinkCountLimit: attributeCountLimit, attributeValueLengthLimit } = this.settings.limits;
    const link = { context, ...cleanAttributes(attributes, { attributeCountLimit, attributeValueLengthLimit }) };
    this.droppedLinksCount += pushNewest(this.links, link, linkCountLimit);
    return this;
  }

  addLinks(links: readonly Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  /** OK is final, and UNSET is ignored (OpenTelemetry tracing API, "Set Status"). Only ERROR has a message. */
  setStatus({ code, message }: SpanStatus): this {
    if (this.isLate() || code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return this;
    this.status = code === SpanStatusCode.ERROR && typeof message === 'string' ? { code, message } : { code };
    return this;
  }

  updateName(name: string): this {
    if (!this.isLate()) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { code, name, message, stack } = typeof exception === 'string' ? { message: exception } : (exception as Partial<ExceptionParts>);
    const type = code ? String(code) : name;
    if (!type && !message) return diag.warn('An exception without a name and a message was not recorded');
    this.addEvent(
      'exception',
      {
        ...(type && { [ATTR_EXCEPTION_TYPE]: type }),
        ...(message && { [ATTR_EXCEPTION_MESSAGE]: message }),
        ...(stack && { [ATTR_EXCEPTION_STACKTRACE]: stack }),
      },
      time,
    );
  }

  end(endTime?: TimeInput): void {
    if (this.ended) return diag.error(`${this.name} ${this.ids()}: end() on a span that has ended`);
    this.endTime = this.timeOf(endTime);
    if (isBefore(this.endTime, this.startTime)) {
      diag.warn(`${this.name} ${this.ids()}: it ends before it starts, so its duration is set to 0`);
      this.endTime = [...this.startTime];
    }
    for (const processor of this.settings.ending) processor.onEnding!(this);
    this.ended = true;
    for (const processor of this.settings.ended) processor.onEnd(this);
  }

  /** A number up to now is a moment of the monotonic clock, as it is for the SDK; a larger one is milliseconds since 1970. */
  private timeOf(input: TimeInput | undefined): HrTime {
    if (input === undefined) return toHrTime(this.zero + performance.now());
    if (typeof input === 'number') return toHrTime(input <= performance.now() ? this.zero + input : input);
    return input instanceof Date ? toHrTime(input.getTime()) : input;
  }

  private isLate(): boolean {
    if (this.ended) diag.warn(`${this.name} ${this.ids()}: an operation on an ended span is ignored`);
    return this.ended;
  }

  private ids(): string {
    return `{traceId: ${this.context.traceId}, spanId: ${this.context.spanId}}`;
  }
}

const isBefore = (one: HrTime, other: HrTime): boolean => one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

interface ExceptionParts {
  code: string | number;
  name: string;
  message: string;
  stack: string;
}

/** Adds to a list that keeps the newest. @returns how many were dropped for it */
function pushNewest<T>(list: T[], one: T, limit: number): number {
  if (limit <= 0) return 1;
  const dropped = list.length >= limit ? list.splice(0, list.length - limit + 1).length : 0;
  list.push(one);
  return dropped;
}
