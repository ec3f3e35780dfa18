import { context, propagation, trace, type Sampler, type TextMapPropagator } from '@opentelemetry/api';
import { SDK_INFO } from '@opentelemetry/core';
import type { NodeSDK } from '@opentelemetry/sdk-node';
import { AsyncContextManager } from '../provider/context-manager.ts';
import type { Resource, SpanProcessor } from '../provider/interfaces.ts';
import type { SpanLimits } from '../provider/recording-span.ts';
import { LeanTracerProvider } from '../provider/tracer-provider.ts';
import { DEFAULTS } from './defaults.ts';
import { oneOf, textFrom, type Env, type Warn } from './env.ts';
import { instrumentationsFromEnv } from './instrumentations.ts';
import { isInstalled, loadOptional, notInstalled } from './optional.ts';
import { resourceOf } from './resource.ts';
import { randomFlag } from './trace-context.ts';

/** The parts that both engines need. */
export interface EngineParts {
  readonly resource: Resource;
  readonly sampler: Sampler;
  readonly limits: SpanLimits;
  readonly processors: readonly SpanProcessor[];
  readonly propagator: TextMapPropagator;
  readonly hasMetrics: boolean;
}

/** Stops an engine. */
export type Stop = () => Promise<void>;

const SDK = '@opentelemetry/sdk-node';

/**
 * Registers a tracer provider with OpenTelemetry's API: our own or, with WAYMARK_TRACING=sdk, OpenTelemetry's NodeSDK. The NodeSDK also
 * exports logs if OTEL_LOGS_EXPORTER is set. Warns if it is needed but not installed.
 */
export function startEngine(parts: EngineParts, env: Env, warn: Warn): Stop {
  const asked = oneOf(env, 'WAYMARK_TRACING', ['lean', 'sdk'], DEFAULTS.WAYMARK_TRACING, warn) === 'sdk';
  const exportsLogs = (textFrom(env, 'OTEL_LOGS_EXPORTER') ?? DEFAULTS.OTEL_LOGS_EXPORTER) !== 'none';
  const needsSdk = asked || exportsLogs;
  const hasSdk = needsSdk && isInstalled(SDK);
  if (needsSdk && !hasSdk) warn(`WAYMARK_TRACING and OTEL_LOGS_EXPORTER are ignored: ${notInstalled(SDK)}`);
  const stopLean = hasSdk && asked ? undefined : startLean(parts);
  const instrumentations = instrumentationsFromEnv(env, parts.hasMetrics, warn);
  if (!hasSdk) return async () => stopLean?.();
  const sdk = new (loadOptional(SDK) as { NodeSDK: typeof NodeSDK }).NodeSDK({
    resource: parts.resource,
    autoDetectResources: false,
    instrumentations: instrumentations as never[],
    ...(asked ? tracesOf(parts) : { spanProcessors: [], textMapPropagator: null, contextManager: null as never }),
    metricReaders: [],
    ...(!exportsLogs && { logRecordProcessors: [] }),
  });
  sdk.start();
  return async () => void (await Promise.all([stopLean?.(), sdk.shutdown()]));
}

function startLean({ propagator, ...parts }: EngineParts): Stop {
  const provider = new LeanTracerProvider(parts);
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncContextManager());
  propagation.setGlobalPropagator(propagator);
  return () => provider.shutdown();
}

/** The spans are the SDK's, so they say so: a reader may know its clock. */
const SDK_ATTRIBUTES = { 'telemetry.sdk.name': SDK_INFO['telemetry.sdk.name'], 'telemetry.sdk.version': SDK_INFO['telemetry.sdk.version'] };

function tracesOf({ resource, sampler, limits, processors, propagator }: EngineParts): object {
  return {
    resource: resource.merge(resourceOf(SDK_ATTRIBUTES)),
    sampler,
    spanLimits: limits,
    spanProcessors: [randomFlag, ...processors],
    textMapPropagator: propagator,
  };
}
