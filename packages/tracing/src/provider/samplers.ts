import { SamplingDecision, trace, TraceFlags, type Sampler, type SamplingResult } from '@opentelemetry/api';

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_RECORDED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

const ignoring = new WeakSet<Sampler>();

/** Whether the sampler does not look at a span's attributes, so that nobody need prepare them for it. */
export const ignoresAttributes = (sampler: Sampler): boolean => ignoring.has(sampler);

function withoutAttributes(sampler: Sampler): Sampler {
  ignoring.add(sampler);
  return sampler;
}

/** Samples every trace. */
export const alwaysOn: Sampler = withoutAttributes({ shouldSample: () => SAMPLED, toString: () => 'AlwaysOnSampler' });

/** Samples no trace. */
export const alwaysOff: Sampler = withoutAttributes({ shouldSample: () => NOT_RECORDED, toString: () => 'AlwaysOffSampler' });

/**
 * Samples this share of the traces, by their id: all services with the same ratio, also those with OpenTelemetry's JavaScript SDK, sample the
 * same traces, and a larger ratio includes those of a smaller one.
 */
export function traceIdRatio(ratio: number): Sampler {
  const below = ratio >= 1 ? 2 ** 32 : Math.floor(ratio * (2 ** 32 - 1));
  return withoutAttributes({
    shouldSample: (_context, traceId) => (folded(traceId) < below ? SAMPLED : NOT_RECORDED),
    toString: () => `TraceIdRatioBased{${ratio}}`,
  });
}

/** The four 32-bit parts of a trace id, combined. */
function folded(traceId: string): number {
  let combined = 0;
  for (let at = 0; at < 32; at += 8) combined ^= Number.parseInt(traceId.slice(at, at + 8), 16);
  return combined >>> 0;
}

/** Samples what the parent span is sampled for, and leaves it to `root` where a trace begins. */
export function parentBased(root: Sampler): Sampler {
  const sampler: Sampler = {
    shouldSample(context, traceId, name, kind, attributes, links) {
      const parent = trace.getSpanContext(context);
      // A parent that is not valid is not in the trace.
      if (parent?.traceId !== traceId) return root.shouldSample(context, traceId, name, kind, attributes, links);
      return parent.traceFlags & TraceFlags.SAMPLED ? SAMPLED : NOT_RECORDED;
    },
    toString: () => `ParentBased{root=${root.toString()}}`,
  };
  return ignoresAttributes(root) ? withoutAttributes(sampler) : sampler;
}
