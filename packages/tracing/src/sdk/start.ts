import { diag, DiagConsoleLogger, DiagLogLevel, type Attributes, type Sampler, type TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, diagLogLevelFromString } from '@opentelemetry/core';
import { within } from '@waymark/context';
import { allowBaggage, allowMoreBaggage } from '../baggage.ts';
import { backendsFromEnv, limitsFromEnv } from '../export/from-env.ts';
import { sdkBackend } from '../export/sdk-backend.ts';
import { SHUTDOWN_MS, SpanQueue, type Backend, type Deliveries } from '../export/span-queue.ts';
import type { SpanExporter, SpanProcessor } from '../provider/interfaces.ts';
import { startMetrics } from '../metrics/start-metrics.ts';
import { AddedProcessors } from './added-processors.ts';
import { startEngine } from './engine.ts';
import { isTrue, warnOfSettings } from './env.ts';
import { SegmentManifest } from './manifest.ts';
import { resourceFromEnv } from './resource.ts';
import { samplerFromEnv, spanLimitsFromEnv } from './sampling.ts';
import { failedQueries } from './sql.ts';
import { propagatorFromEnv } from './trace-context.ts';

/** Running tracing, as returned by `startTracing`. */
export interface Tracing {
  /** How many spans are waiting, delivered and lost so far. With several exporters, a span counts once for each. */
  readonly deliveries: Readonly<Deliveries>;
  /**
   * Delivers all ended spans, then stops. Spans not delivered within `ms` milliseconds (4,000 by default) are lost, and a line on stderr
   * says how many. Never rejects.
   */
  shutdown(ms?: number): Promise<void>;
  /** Adds processors and allowed baggage keys to tracing that has started: for a program that preloads `register`. */
  extend(more: Pick<TracingOptions, 'processors' | 'baggage'>): void;
}

/** Settings in code. */
export interface TracingOptions {
  /** Attributes of the resource: `{ 'service.name': 'shop' }`. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win. */
  resource?: Attributes;
  /** Replaces `OTEL_TRACES_SAMPLER`. */
  sampler?: Sampler;
  /** Replace `OTEL_TRACES_EXPORTER`. Each has its own bounded queue. */
  exporters?: readonly SpanExporter[];
  /** Called for each span before it is exported. */
  processors?: readonly SpanProcessor[];
  /** Replace `OTEL_PROPAGATORS`. */
  propagators?: readonly TextMapPropagator[];
  /** The keys of incoming baggage to keep, instead of `waymark.traffic`. All others are dropped. */
  baggage?: readonly string[];
}

let running: Tracing | undefined;

const SILENT = { error() {}, warn() {}, info() {}, debug() {}, verbose() {} };

/**
 * Starts tracing from the standard OTEL_* variables and `options`, once per process. With the exporter `none`, spans still have ids, so that
 * responses and logs stay correlated. With `OTEL_SDK_DISABLED=true` it does nothing. Warns of invalid variables and ignores them.
 * @throws {Error} if there are options but tracing has already started (for example, by `register`): they would have no effect
 */
export function startTracing(options?: TracingOptions): Tracing {
  if (running && options) throw new Error('Tracing has started already: call startTracing with options instead of preloading `register`');
  if (running) return running;
  const { env } = process;
  if (isTrue(env, 'OTEL_SDK_DISABLED', warnOfSettings))
    return (running = { deliveries: sumOf([]), shutdown: async () => undefined, extend() {} });
  const { resource = {}, sampler, exporters, processors = [], propagators, baggage } = options ?? {};
  const level = diagLogLevelFromString(env['OTEL_LOG_LEVEL']?.trim());
  // OpenTelemetry's packages report ignored values to a logger, but by default there is none.
  const isUnlogged = level === undefined && !hasLogger();
  if (level !== undefined) diag.setLogger(new DiagConsoleLogger(), level);
  if (isUnlogged) diag.setLogger({ ...SILENT, warn: warnOfSettings, error: warnOfSettings }, DiagLogLevel.WARN);
  if (baggage) allowBaggage(baggage);
  const queues = queuesFrom(env, exporters);
  const added = new AddedProcessors();
  const described = resourceFromEnv(env, resource, warnOfSettings);
  const deliveries = sumOf(queues);
  const stopMetrics = startMetrics(described, deliveries, env, warnOfSettings);
  const stopEngine = startEngine(
    {
      resource: described,
      hasMetrics: stopMetrics !== undefined,
      sampler: sampler ?? samplerFromEnv(env, warnOfSettings),
      limits: spanLimitsFromEnv(env, warnOfSettings),
      processors: [failedQueries, new SegmentManifest(), ...processors, added, ...queues],
      propagator: propagators ? new CompositePropagator({ propagators: [...propagators] }) : propagatorFromEnv(env, warnOfSettings),
    },
    env,
    warnOfSettings,
  );
  if (isUnlogged) diag.disable();
  const report = reportOf(queues);
  // Also runs after `process.exit` and uncaught errors.
  process.once('exit', report);
  const stop = async (ms: number): Promise<void> => {
    const queuesEnd = queues.map((queue) => queue.shutdown(ms));
    await Promise.all([
      ...queuesEnd,
      within(
        ms,
        Promise.all([stopEngine(), stopMetrics?.()]).catch(() => undefined),
      ),
    ]);
    report();
  };
  let stopped: Promise<void> | undefined;
  running = {
    deliveries,
    shutdown: (ms = SHUTDOWN_MS) => (stopped ??= stop(ms)),
    extend(more) {
      added.add(more.processors ?? []);
      allowMoreBaggage(more.baggage ?? []);
    },
  };
  return running;
}

/** Whether the program has set a `diag` logger. OpenTelemetry's API keeps it on this global and has no getter for it. */
function hasLogger(): boolean {
  const registered = (globalThis as unknown as Record<symbol, { diag?: unknown } | undefined>)[Symbol.for('opentelemetry.js.api.1')];
  return registered?.diag !== undefined;
}

/**
 * Delivers all ended spans, then stops tracing. Does nothing if `startTracing` was not called. Never rejects.
 * @param ms timeout in milliseconds, 4,000 by default. Spans not delivered by then are lost, and a line on stderr says how many.
 */
export async function shutdownTracing(ms?: number): Promise<void> {
  await running?.shutdown(ms);
}

function queuesFrom(env: NodeJS.ProcessEnv, exporters: readonly SpanExporter[] | undefined): SpanQueue<unknown>[] {
  const backends: Backend<unknown>[] =
    exporters?.map((exporter) => sdkBackend(exporter.constructor.name, () => exporter)) ?? backendsFromEnv(env, warnOfSettings);
  const limits = limitsFromEnv(env, warnOfSettings);
  // The limit is for the whole process, so the backends share it.
  const maxQueueBytes = Math.ceil(limits.maxQueueBytes / Math.max(1, backends.length));
  return backends.map((backend) => new SpanQueue(backend, { ...limits, maxQueueBytes }, warnOfSpans));
}

/** Adds up the counts of all queues, whenever they are read. */
function sumOf(queues: readonly SpanQueue<unknown>[]): Readonly<Deliveries> {
  const sum = (count: (of: Deliveries) => number): number => queues.reduce((total, { deliveries }) => total + count(deliveries), 0);
  return {
    get waiting() {
      return sum(({ waiting }) => waiting);
    },
    get delivered() {
      return sum(({ delivered }) => delivered);
    },
    get lost() {
      return sum(({ lost }) => lost);
    },
    get lostBy() {
      return {
        queueFull: sum(({ lostBy }) => lostBy.queueFull),
        refused: sum(({ lostBy }) => lostBy.refused),
        shutdown: sum(({ lostBy }) => lostBy.shutdown),
      };
    },
  };
}

/** Returns a function that prints each queue's lost spans, never the same line twice. A warning would be printed too late, in the next tick. */
function reportOf(queues: readonly SpanQueue<unknown>[]): () => void {
  const said = new Set<string>();
  return () => {
    for (const queue of queues) {
      const loss = queue.giveUp();
      if (loss && !said.has(loss)) process.stderr.write(`${loss}\n`);
      if (loss) said.add(loss);
    }
  };
}

function warnOfSpans(message: string): void {
  process.emitWarning(message, { code: 'WAYMARK_SPANS' });
}
