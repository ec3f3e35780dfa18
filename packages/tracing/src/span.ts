import { context, SpanStatusCode, trace, type Context, type Span, type SpanOptions } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { passRandomFlag } from '@waymark/context';
import { packageVersion } from './sdk/package-version.ts';

const SCOPE = '@waymark/tracing';
const VERSION = packageVersion(import.meta.filename);

/** Starts a span of this package's instrumentation scope. */
export function startSpan(name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
  const started = trace.getTracer(SCOPE, VERSION).startSpan(name, options, parent);
  passRandomFlag(started, parent);
  return started;
}

/** Marks a span as failed by the HTTP status of its answer; what was noted before says more and stays. */
export function failWithStatus(target: Span, httpStatus: number): void {
  const { attributes, status } = target as Span & Partial<ReadableSpan>;
  if (!attributes?.[ATTR_ERROR_TYPE]) target.setAttribute(ATTR_ERROR_TYPE, String(httpStatus));
  if (status?.code !== SpanStatusCode.ERROR) target.setStatus({ code: SpanStatusCode.ERROR });
}
