import {
  context as contexts,
  type Attributes,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  SamplingDecision,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Sampler,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import { isTracingSuppressed, type InstrumentationScope } from '@opentelemetry/core';
import { RANDOM_FLAG } from '@waymark/context';
import { SpanAttributes, validAttributes } from './attributes.ts';
import { newSpanId, newTraceId } from './ids.ts';
import { nothing, type Resource, type SpanProcessor } from './interfaces.ts';
import { RecordingSpan, type SpanLimits, type SpanSettings } from './recording-span.ts';
import { ignoresAttributes } from './samplers.ts';

/** The limits that OpenTelemetry sets by default. */
export const DEFAULT_LIMITS: SpanLimits = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

export interface ProviderOptions {
  readonly resource: Resource;
  readonly sampler: Sampler;
  readonly processors: readonly SpanProcessor[];
  readonly limits?: SpanLimits;
}

/** OpenTelemetry's TracerProvider, with what tracing a service needs and no more. */
export class LeanTracerProvider implements TracerProvider {
  readonly #processors: readonly SpanProcessor[];
  readonly #settings: SpanSettings;
  readonly #sampler: Sampler;
  readonly #tracers = new Map<string, Tracer>();

  constructor({ resource, sampler, processors, limits = DEFAULT_LIMITS }: ProviderOptions) {
    this.#processors = processors;
    this.#settings = {
      resource,
      limits,
      starting: processors.filter((one) => one.onStart !== nothing),
      ending: processors.filter((one) => one.onEnding !== undefined),
      ended: processors.filter((one) => one.onEnd !== nothing),
    };
    this.#sampler = sampler;
  }

  getTracer(name: string, version?: string, { schemaUrl }: TracerOptions = {}): Tracer {
    const key = JSON.stringify([name, version, schemaUrl]);
    let tracer = this.#tracers.get(key);
    if (!tracer) {
      const scope = { name, ...(version !== undefined && { version }), ...(schemaUrl !== undefined && { schemaUrl }) };
      this.#tracers.set(key, (tracer = new LeanTracer(scope, this.#settings, this.#sampler)));
    }
    return tracer;
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.shutdown()));
  }
}

class LeanTracer implements Tracer {
  readonly #scope: InstrumentationScope;
  readonly #settings: SpanSettings;
  readonly #sampler: Sampler;
  readonly #ignoresAttributes: boolean;

  constructor(scope: InstrumentationScope, settings: SpanSettings, sampler: Sampler) {
    this.#scope = scope;
    this.#settings = settings;
    this.#sampler = sampler;
    this.#ignoresAttributes = ignoresAttributes(sampler);
  }

  startSpan(name: string, options: SpanOptions = {}, active: Context = contexts.active()): Span {
    if (isTracingSuppressed(active)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const parentContext = options.root ? trace.deleteSpan(active) : active;
    const parent = validContext(trace.getSpan(parentContext));
    const traceId = parent?.traceId ?? newTraceId();
    const { kind = SpanKind.INTERNAL, links } = options;
    const sampler = this.#sampler;
    const seen = this.#ignoresAttributes ? NO_ATTRIBUTES : validAttributes(options.attributes);
    const sampling = sampler.shouldSample(parentContext, traceId, name, kind, seen, links ?? NO_LINKS);
    const isSampled = sampling.decision === SamplingDecision.RECORD_AND_SAMPLED;
    const random = parent ? parent.traceFlags & RANDOM_FLAG : RANDOM_FLAG;
    const context: SpanContext = { traceId, spanId: newSpanId(), traceFlags: isSampled ? TraceFlags.SAMPLED | random : random };
    const traceState = sampling.traceState ?? parent?.traceState;
    if (traceState) context.traceState = traceState;
    if (sampling.decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(context);
    const attributes = new SpanAttributes(options.attributes, sampling.attributes, this.#settings.limits);
    const { startTime } = options;
    const span = new RecordingSpan(this.#settings, this.#scope, { name, kind, context, parent, startTime, attributes, links });
    for (const processor of this.#settings.starting) processor.onStart(span, parentContext);
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: [fn: F] | [options: SpanOptions, fn: F] | [options: SpanOptions, context: Context, fn: F]
  ): ReturnType<F> {
    const fn = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : contexts.active();
    const span = this.startSpan(name, options, parent);
    return contexts.with(trace.setSpan(parent, span), fn as (span: Span) => ReturnType<F>, undefined, span);
  }
}

const NO_ATTRIBUTES: Attributes = Object.freeze({});
const NO_LINKS = Object.freeze<Link[]>([]) as Link[];

/** The context of a span, if its ids are valid. Those of our own spans are; of others, which may come from a header, they are looked at. */
export function validContext(span: Span | undefined): SpanContext | undefined {
  const context = span?.spanContext();
  return context && (span instanceof RecordingSpan || isSpanContextValid(context)) ? context : undefined;
}
