import { recordSpans as record, type RecordedSpans } from '@waymark/context/testing';
import type { SpanProcessor } from '../provider/interfaces.ts';
import { alwaysOn, parentBased } from '../provider/samplers.ts';
import { DEFAULT_LIMITS } from '../provider/tracer-provider.ts';
import { startEngine } from '../sdk/engine.ts';
import { resourceOf } from '../sdk/resource.ts';
import { propagatorFromEnv } from '../sdk/trace-context.ts';

export { exceptions, named } from '@waymark/context/testing';

/** Like recordedSpans of @waymark/context, but with our own provider, or the SDK's if WAYMARK_TRACING=sdk. */
export function recordSpans(...before: SpanProcessor[]): RecordedSpans {
  return record(before, (processors) => {
    startEngine(
      {
        resource: resourceOf({}),
        sampler: parentBased(alwaysOn),
        limits: DEFAULT_LIMITS,
        processors,
        hasMetrics: false,
        propagator: propagatorFromEnv({}),
      },
      { WAYMARK_TRACING: process.env['WAYMARK_TRACING'], OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg' },
      (message) => {
        throw new Error(message);
      },
    );
  });
}
