import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { packageVersion, spanStarter } from '@waymark/context';
import type { ReadableSpan } from './provider/interfaces.ts';

/** Starts a span in this package's instrumentation scope. */
export const startSpan = spanStarter('@waymark/tracing', packageVersion(import.meta.filename));

/** Marks a span as failed because of its HTTP status. Keeps an error that was recorded before, which says more. */
export function failWithStatus(target: Span, httpStatus: number): void {
  const { attributes, status } = target as Span & Partial<ReadableSpan>;
  if (!attributes?.[ATTR_ERROR_TYPE]) target.setAttribute(ATTR_ERROR_TYPE, String(httpStatus));
  if (status?.code !== SpanStatusCode.ERROR) target.setStatus({ code: SpanStatusCode.ERROR });
}
