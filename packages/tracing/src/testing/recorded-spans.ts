import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { recordSpans as record, type RecordedSpans } from '@waymark/context/testing';
import { propagatorFromEnv } from '../sdk/trace-context.ts';

export { exceptions, named } from '@waymark/context/testing';

/** As that of @waymark/context, with our own propagator. */
export function recordSpans(...before: SpanProcessor[]): RecordedSpans {
  return record(before, { propagator: propagatorFromEnv({})! });
}
