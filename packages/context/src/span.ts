import { types } from 'node:util';
import {
  context,
  INVALID_TRACEID,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanKind,
  type SpanOptions as StartOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { packageVersion } from './package-version.ts';

/** Of the semantic conventions. */
export const ERROR_TYPE = 'error.type';

export interface SpanOptions {
  kind?: SpanKind;
  attributes?: Attributes;
  links?: Link[];
  /** The context to be a child of; by default the active one. */
  parent?: Context;
}

/**
 * Runs `fn` inside a span of its own, which is active until `fn`'s result settles and is then ended.
 * What `fn` throws is recorded (semantic conventions, exceptions) and rethrown as it is: the exception once, on the
 * innermost span that saw it; the status on each span that it passes.
 */
export async function span<T>(name: string, fn: (span: Span) => Promise<T> | T, options: SpanOptions = {}): Promise<T> {
  const { parent = context.active() } = options;
  const opened = startSpan(name, options, parent);
  try {
    // Async, so that the `then` of a lazy thenable, a query not yet begun, is called inside as well.
    return await context.with(trace.setSpan(parent, opened), async () => fn(opened));
  } catch (error) {
    fail(opened, error);
    throw error;
  } finally {
    opened.end();
  }
}

/** Starts a span, by default below the active one. */
type StartSpan = (name: string, options?: StartOptions, parent?: Context) => Span;

/** A function that starts spans of one instrumentation scope. It looks up the tracer of the registered provider once. */
export function spanStarter(scope: string, version: string | undefined): StartSpan {
  let known: { provider: TracerProvider; tracer: Tracer } | undefined;
  return (name, options = {}, parent = context.active()) => {
    const provider = trace.getTracerProvider();
    if (known?.provider !== provider) known = { provider, tracer: provider.getTracer(scope, version) };
    const started = known.tracer.startSpan(name, options, parent);
    passRandomFlag(started, parent);
    return started;
  };
}

/** Starts a span of this package's instrumentation scope. */
export const startSpan = spanStarter('@waymark/context', packageVersion(import.meta.filename));

/** Adds attributes to the active span, if there is one. */
export function annotate(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** Adds an event to the active span, if there is one: something that a reader of the trace looks for, at this moment. */
export function event(name: string, attributes: Attributes = {}): void {
  trace.getActiveSpan()?.addEvent(name, attributes);
}

/** At least the last seven bytes of the trace id are random (W3C Trace Context Level 2, "Random Trace ID Flag"). */
export const RANDOM_FLAG = 0b10;

/**
 * Passes the random flag on to a span from its parent, and sets it where a trace begins, because OpenTelemetry's ids are random. The SDK
 * itself knows only the sampled flag.
 */
export function passRandomFlag(span: Span, parent: Context): void {
  const own = span.spanContext();
  // All spans that are not traced share one context.
  if (own.traceFlags & RANDOM_FLAG || own.traceId === INVALID_TRACEID) return;
  const above = trace.getSpanContext(parent);
  own.traceFlags |= above?.traceId === own.traceId ? above.traceFlags & RANDOM_FLAG : RANDOM_FLAG;
}

/** The trace that each error was last recorded in: an error may be shared by requests, and each of their traces should tell of it. */
const recordedIn = new WeakMap<object, string>();

/**
 * Marks a span as failed by what was thrown. The exception event is written once per trace, on the span that sees the error first;
 * a thrown primitive cannot be recognised, so each span that it passes has the event.
 */
export function fail(target: Span, thrown: unknown): void {
  if (!target.isRecording()) return;
  const error = asError(thrown);
  const identity = typeof thrown === 'object' && thrown !== null ? thrown : error;
  const { traceId } = target.spanContext();
  if (recordedIn.get(identity) !== traceId) {
    recordedIn.set(identity, traceId);
    target.recordException(error);
  }
  target.setAttribute(ERROR_TYPE, errorType(error));
  target.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

/** Errors of other realms are errors too: inside Jest, those of Node's own modules are. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error || types.isNativeError(thrown)) return thrown;
  return new Error(typeof thrown === 'object' && thrown !== null ? 'Something that is no Error was thrown' : String(thrown));
}

/** Marks the active span as failed by `error`, if there is one. */
export function failActive(error: unknown): void {
  const active = trace.getActiveSpan();
  if (active) fail(active, error);
}

/** The most telling stable name of an error: its code if it has one, else its class. */
function errorType(error: Error): string {
  return 'code' in error && typeof error.code === 'string' && error.code ? error.code : error.name;
}
