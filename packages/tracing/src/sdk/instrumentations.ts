import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { hasTraceparent } from '../http/one-traceparent.ts';
import { listFrom, type Env, type Warn } from './env.ts';
import { isInstalled, loadOptional, notInstalled } from './optional.ts';
import { describeQuery } from './sql.ts';

/** As far as we use it: any of OpenTelemetry's instrumentations. It patches from its construction on. */
export type Instrumentation = Pick<
  PgInstrumentation,
  'instrumentationName' | 'enable' | 'disable' | 'setTracerProvider' | 'setMeterProvider' | 'setConfig' | 'getConfig'
>;

/** Polling and migrations run outside any request: their queries would be one-span traces of no use to a reader. */
const PG = { requireParentSpan: true, ignoreConnectSpans: true, requestHook: describeQuery };

const AUTO = '@opentelemetry/auto-instrumentations-node';
const RUNTIME = '@opentelemetry/instrumentation-runtime-node';

type AutoInstrumentations = { getNodeAutoInstrumentations(config: Record<string, object>): Instrumentation[] };
type RuntimeInstrumentation = { RuntimeNodeInstrumentation: new () => Instrumentation };

/**
 * The instrumentations that OTEL_NODE_ENABLED_INSTRUMENTATIONS names: by default pg, and the runtime's metrics if there is an exporter for
 * them. Any other comes from OpenTelemetry's collection, if it is installed.
 */
export function instrumentationsFromEnv(env: Env, hasMetrics: boolean, warn: Warn): Instrumentation[] {
  const enabled = listFrom(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS');
  const disabled = listFrom(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS');
  const others = enabled.filter((name) => name !== 'pg' && name !== 'runtime-node');
  if (others.length > 0 && isInstalled(AUTO)) return collection();
  if (others.length > 0) warn(`OTEL_NODE_ENABLED_INSTRUMENTATIONS has "${others.join(', ')}", which is ignored: ${notInstalled(AUTO)}`);
  const isOn = (name: string): boolean => !disabled.includes(name) && (enabled.length === others.length || enabled.includes(name));
  return [...(isOn('pg') ? [new PgInstrumentation(PG)] : []), ...(hasMetrics && isOn('runtime-node') ? runtimeMetrics(warn) : [])];
}

function collection(): Instrumentation[] {
  return (loadOptional(AUTO) as AutoInstrumentations).getNodeAutoInstrumentations({
    // Our middleware makes the SERVER spans; for the CLIENT spans of node:http, the instrumentation is one of two ways.
    '@opentelemetry/instrumentation-http': { disableIncomingRequestInstrumentation: true },
    '@opentelemetry/instrumentation-undici': { ignoreRequestHook: hasTraceparent },
    '@opentelemetry/instrumentation-pg': PG,
  });
}

function runtimeMetrics(warn: Warn): Instrumentation[] {
  if (isInstalled(RUNTIME)) return [new (loadOptional(RUNTIME) as RuntimeInstrumentation).RuntimeNodeInstrumentation()];
  warn(`The runtime's metrics are left out: ${notInstalled(RUNTIME)}`);
  return [];
}
