import module, { createRequire } from 'node:module';
import { metrics } from '@opentelemetry/api';
import type { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { hasTraceparent } from '../http/one-traceparent.ts';
import { DEFAULTS } from './defaults.ts';
import { listFrom, type Env, type Warn } from './env.ts';
import { isInstalled, loadOptional, notInstalled } from './optional.ts';
import { describeQuery } from './sql.ts';

/** The parts of an OpenTelemetry instrumentation that we use. Its constructor already patches. */
export type Instrumentation = Pick<
  PgInstrumentation,
  'instrumentationName' | 'enable' | 'disable' | 'setTracerProvider' | 'setMeterProvider' | 'setConfig' | 'getConfig'
>;

/** Polling and migrations run outside any request. Each of their queries would be a trace of one useless span. */
const PG = { requireParentSpan: true, ignoreConnectSpans: true, requestHook: describeQuery };

const PG_PACKAGE = '@opentelemetry/instrumentation-pg';
const AUTO = '@opentelemetry/auto-instrumentations-node';
const RUNTIME = '@opentelemetry/instrumentation-runtime-node';

type AutoInstrumentations = { getNodeAutoInstrumentations(config: Record<string, object>): Instrumentation[] };
type RuntimeInstrumentation = { RuntimeNodeInstrumentation: new () => Instrumentation };

/**
 * Returns the instrumentations that OTEL_NODE_ENABLED_INSTRUMENTATIONS names. The default is pg and, if metrics are exported, the runtime's
 * metrics. Others are taken from OpenTelemetry's auto-instrumentations, if installed.
 */
export function instrumentationsFromEnv(env: Env, hasMetrics: boolean, warn: Warn): Instrumentation[] {
  const enabled = listFrom(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS');
  const disabled = listFrom(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS');
  const builtIn: readonly string[] = DEFAULTS.OTEL_NODE_ENABLED_INSTRUMENTATIONS;
  const others = enabled.filter((name) => !builtIn.includes(name));
  if (others.length > 0 && isInstalled(AUTO)) return collection();
  if (others.length > 0) warn(`OTEL_NODE_ENABLED_INSTRUMENTATIONS has "${others.join(', ')}", which is ignored: ${notInstalled(AUTO)}`);
  const chosen = enabled.length > others.length ? enabled : builtIn;
  const isOn = (name: string): boolean => chosen.includes(name) && !disabled.includes(name);
  if (isOn('pg')) whenResolved(/^pg(-pool)?(\/|$)/, instrumentPg);
  return hasMetrics && isOn('runtime-node') ? runtimeMetrics(warn) : [];
}

function instrumentPg(): Instrumentation {
  const { PgInstrumentation: Instrumentation } = createRequire(import.meta.url)(PG_PACKAGE) as {
    PgInstrumentation: typeof PgInstrumentation;
  };
  return new Instrumentation(PG);
}

/**
 * Runs `load` just before the program loads such a module, because most of the time to start tracing would be spent on it. Runs it at once where modules
 * cannot be watched: before Node 22.15, and in Jest.
 */
function whenResolved(specifiers: RegExp, load: () => unknown): void {
  try {
    const hooks = module.registerHooks({
      resolve(specifier, context, nextResolve) {
        if (specifiers.test(specifier)) {
          hooks.deregister();
          load();
        }
        return nextResolve(specifier, context);
      },
    });
  } catch {
    load();
  }
}

function collection(): Instrumentation[] {
  return (loadOptional(AUTO) as AutoInstrumentations).getNodeAutoInstrumentations({
    // Our middleware makes the SERVER spans. The CLIENT spans of node:http can come from this instrumentation.
    '@opentelemetry/instrumentation-http': { disableIncomingRequestInstrumentation: true },
    '@opentelemetry/instrumentation-undici': { ignoreRequestHook: hasTraceparent },
    '@opentelemetry/instrumentation-pg': PG,
  });
}

function runtimeMetrics(warn: Warn): Instrumentation[] {
  if (isInstalled(RUNTIME)) {
    const runtime = new (loadOptional(RUNTIME) as RuntimeInstrumentation).RuntimeNodeInstrumentation();
    // Its constructor asks for instruments too early to have any.
    runtime.setMeterProvider(metrics.getMeterProvider());
    return [runtime];
  }
  warn(`The runtime's metrics are not exported: ${notInstalled(RUNTIME)}`);
  return [];
}
