import {
  context,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { packageVersion, passRandomFlag } from '@waymark/context';
import type { ReadableSpan } from './provider/interfaces.ts';

const SCOPE = '@waymark/tracing';
const VERSION = packageVersion(import.meta.filename);

let known: { provider: TracerProvider; tracer: Tracer } | undefined;

/** The tracer of the registered provider, which is looked up once. */
function tracer(): Tracer {
  const provider = trace.getTracerProvider();
  if (known?.provider !== provider) known = { provider, tracer: provider.getTracer(SCOPE, VERSION) };
  return known.tracer;
}

/** Starts a span of this package's instrumentation scope. */
export function startSpan(name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
  const started = tracer().startSpan(name, options, parent);
  passRandomFlag(started, parent);
  return started;
}

/** Marks a span as failed by the HTTP status of its answer; what was noted before says more and stays. */
export function failWithStatus(target: Span, httpStatus: number): void {
  const { attributes, status } = target as Span & Partial<ReadableSpan>;
  if (!attributes?.[ATTR_ERROR_TYPE]) target.setAttribute(ATTR_ERROR_TYPE, String(httpStatus));
  if (status?.code !== SpanStatusCode.ERROR) target.setStatus({ code: SpanStatusCode.ERROR });
}
