import { context, SpanStatusCode, trace, type Attributes, type Context, type Link, type Span, type SpanKind } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { SCOPE } from './names.ts';

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
  const { parent = context.active(), ...rest } = options;
  const opened = tracer().startSpan(name, rest, parent);
  try {
    return await context.with(trace.setSpan(parent, opened), fn, undefined, opened);
  } catch (error) {
    fail(opened, error);
    throw error;
  } finally {
    opened.end();
  }
}

/** The tracer that all spans of this package come from. */
export function tracer(): ReturnType<typeof trace.getTracer> {
  return trace.getTracer(SCOPE);
}

/** Adds attributes to the active span, if there is one. */
export function annotate(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

const recorded = new WeakSet<object>();

/** Marks a span as failed by `error`; the exception event is written once per error, wherever it is seen first. */
export function fail(target: Span, error: unknown): void {
  const exception = error instanceof Error ? error : new Error(String(error));
  if (!recorded.has(exception)) {
    recorded.add(exception);
    target.recordException(exception);
  }
  target.setAttribute(ATTR_ERROR_TYPE, errorType(exception));
  target.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
}

/** Marks the active span as failed by `error`, if there is one. */
export function failActive(error: unknown): void {
  const active = trace.getActiveSpan();
  if (active) fail(active, error);
}

/** The most telling stable name of an error: its code if it has one, else its class. */
export function errorType(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
