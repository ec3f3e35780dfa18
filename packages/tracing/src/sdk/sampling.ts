import type { Sampler } from '@opentelemetry/api';
import { DEFAULT_LIMITS } from '../provider/tracer-provider.ts';
import type { SpanLimits } from '../provider/recording-span.ts';
import { alwaysOff, alwaysOn, parentBased, traceIdRatio } from '../provider/samplers.ts';
import { DEFAULTS } from './defaults.ts';
import { oneOf, textFrom, wholeNumber, type Env, type Warn } from './env.ts';

const SAMPLERS: Record<string, (ratio: () => number) => Sampler> = {
  parentbased_always_on: () => parentBased(alwaysOn),
  parentbased_always_off: () => parentBased(alwaysOff),
  parentbased_traceidratio: (ratio) => parentBased(traceIdRatio(ratio())),
  always_on: () => alwaysOn,
  always_off: () => alwaysOff,
  traceidratio: (ratio) => traceIdRatio(ratio()),
};

/** Returns the sampler that OTEL_TRACES_SAMPLER names, with the ratio from OTEL_TRACES_SAMPLER_ARG. */
export function samplerFromEnv(env: Env, warn: Warn): Sampler {
  const name = oneOf(env, 'OTEL_TRACES_SAMPLER', Object.keys(SAMPLERS), DEFAULTS.OTEL_TRACES_SAMPLER, warn);
  return SAMPLERS[name]!(() => ratioFrom(env, warn));
}

function ratioFrom(env: Env, warn: Warn): number {
  const text = textFrom(env, 'OTEL_TRACES_SAMPLER_ARG');
  const ratio = Number(text ?? 1);
  if (ratio >= 0 && ratio <= 1) return ratio;
  warn(`OTEL_TRACES_SAMPLER_ARG is "${text}", which is ignored: use a number from 0 to 1. The default is 1.`);
  return 1;
}

/** Reads a span's limits from OTEL_SPAN_*_LIMIT. For attributes, OTEL_ATTRIBUTE_*_LIMIT is the fallback. */
export function spanLimitsFromEnv(env: Env, warn: Warn): SpanLimits {
  const limit = (name: string, preset: number, least = 0): number => wholeNumber(env, `OTEL_${name}_LIMIT`, { least, preset }, warn);
  const { attributeCountLimit, attributeValueLengthLimit, ...counts } = DEFAULT_LIMITS;
  return {
    attributeCountLimit: limit('SPAN_ATTRIBUTE_COUNT', limit('ATTRIBUTE_COUNT', attributeCountLimit)),
    attributeValueLengthLimit: limit('SPAN_ATTRIBUTE_VALUE_LENGTH', limit('ATTRIBUTE_VALUE_LENGTH', attributeValueLengthLimit, 1), 1),
    eventCountLimit: limit('SPAN_EVENT_COUNT', counts.eventCountLimit),
    linkCountLimit: limit('SPAN_LINK_COUNT', counts.linkCountLimit),
    attributePerEventCountLimit: limit(
      'EVENT_ATTRIBUTE_COUNT',
      limit('SPAN_ATTRIBUTE_PER_EVENT_COUNT', counts.attributePerEventCountLimit),
    ),
    attributePerLinkCountLimit: limit('LINK_ATTRIBUTE_COUNT', limit('SPAN_ATTRIBUTE_PER_LINK_COUNT', counts.attributePerLinkCountLimit)),
  };
}
