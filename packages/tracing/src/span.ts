import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { packageVersion, spanStarter } from '@waymark/context';
import type { ReadableSpan } from './provider/interfaces.ts';
import { RecordingSpan } from './provider/recording-span.ts';

/** Starts a span in this package's instrumentation scope. */
export const startSpan = spanStarter('@waymark/tracing', packageVersion(import.meta.filename));

/** An attribute of a span that is recorded. */
export function attributeOf(span: Span & Partial<ReadableSpan>, key: string): unknown {
  return span instanceof RecordingSpan ? span.spanAttributes.get(key) : span.attributes?.[key];
}

/** Marks a span as failed by the HTTP status of its answer; what was noted before says more and stays. */
export function failWithStatus(target: Span & Partial<ReadableSpan>, httpStatus: number): void {
  if (!attributeOf(target, ATTR_ERROR_TYPE)) target.setAttribute(ATTR_ERROR_TYPE, String(httpStatus));
  if (target.status?.code !== SpanStatusCode.ERROR) target.setStatus({ code: SpanStatusCode.ERROR });
}
