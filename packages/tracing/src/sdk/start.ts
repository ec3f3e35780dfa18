import { diag, DiagConsoleLogger, DiagLogLevel, type Attributes, type Sampler, type TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, diagLogLevelFromString } from '@opentelemetry/core';
import { within } from '@waymark/context';
import { allowBaggage, allowMoreBaggage } from '../baggage.ts';
import { backendsFromEnv, limitsFromEnv } from '../export/from-env.ts';
import { sdkBackend } from '../export/sdk-backend.ts';
import { SHUTDOWN_MS, SpanQueue, type Backend, type Deliveries } from '../export/span-queue.ts';
import type { SpanExporter, SpanProcessor } from '../provider/interfaces.ts';
import { AddedProcessors } from './added-processors.ts';
import { startEngine } from './engine.ts';
import { isTrue, warnOfSettings } from './env.ts';
import { SegmentManifest } from './manifest.ts';
import { resourceFromEnv } from './resource.ts';
import { samplerFromEnv, spanLimitsFromEnv } from './sampling.ts';
import { failedQueries } from './sql.ts';
import { propagatorFromEnv } from './trace-context.ts';

/** Tracing that runs. */
export interface Tracing {
  /** How many spans wait, are delivered and were lost so far; with several exporters, each counts. */
  readonly deliveries: Readonly<Deliveries>;
  /**
   * Delivers every span that has ended, then stops. What is not delivered after `ms` milliseconds (4,000 by default) is lost, and a line on
   * stderr says how many spans were. Never rejects: a dead backend is reported, not thrown.
   */
  shutdown(ms?: number): Promise<void>;
  /** Adds processors and allowed baggage keys to tracing that has started: for a program that preloads `register`. */
  extend(more: Pick<TracingOptions, 'processors' | 'baggage'>): void;
}

/** What a program sets in code. */
export interface TracingOptions {
  /** Attributes of the resource: `{ 'service.name': 'shop' }`. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win. */
  resource?: Attributes;
  /** In place of `OTEL_TRACES_SAMPLER`. */
  sampler?: Sampler;
  /** In place of `OTEL_TRACES_EXPORTER`. Each has a queue of its own, bounded in bytes. */
  exporters?: readonly SpanExporter[];
  /** Processors that see each span before it is exported. */
  processors?: readonly SpanProcessor[];
  /** In place of `OTEL_PROPAGATORS`. */
  propagators?: readonly TextMapPropagator[];
  /** The keys of incoming baggage that are kept, in place of `waymark.traffic`. All others are dropped. */
  baggage?: readonly string[];
}

let running: Tracing | undefined;

const SILENT = { error() {}, warn() {}, info() {}, debug() {}, verbose() {} };

/**
 * Starts tracing from the standard OTEL_* variables and `options`, once per process. With the exporter `none` spans still have ids, so that
 * answers and logs stay correlated. With `OTEL_SDK_DISABLED=true` it does nothing. A variable whose value makes no sense is warned of and
 * ignored.
 * @throws {Error} for options when tracing has started already, by `register` for example: they would have no effect
 */
export function startTracing(options?: TracingOptions): Tracing {
  if (running && options) throw new Error('Tracing has started already: call startTracing with options instead of preloading `register`');
  if (running) return running;
  const { env } = process;
  if (isTrue(env, 'OTEL_SDK_DISABLED', warnOfSettings))
    return (running = { deliveries: sumOf([]), shutdown: async () => undefined, extend() {} });
  const { resource = {}, sampler, exporters, processors = [], propagators, baggage } = options ?? {};
  const level = diagLogLevelFromString(env['OTEL_LOG_LEVEL']?.trim());
  // OpenTelemetry's packages report values that they ignore to a logger, and by default there is none.
  const isUnlogged = level === undefined && !hasLogger();
  if (level !== undefined) diag.setLogger(new DiagConsoleLogger(), level);
  if (isUnlogged) diag.setLogger({ ...SILENT, warn: warnOfSettings, error: warnOfSettings }, DiagLogLevel.WARN);
  if (baggage) allowBaggage(baggage);
  const queues = queuesFrom(env, exporters);
  const added = new AddedProcessors();
  const stopEngine = startEngine(
    {
      resource: resourceFromEnv(env, resource, warnOfSettings),
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
  // However the process ends: by `process.exit` or an uncaught error, too.
  process.once('exit', report);
  const stop = async (ms: number): Promise<void> => {
    const queuesEnd = queues.map((queue) => queue.shutdown(ms));
    await Promise.all([
      ...queuesEnd,
      within(
        ms,
        stopEngine().catch(() => undefined),
      ),
    ]);
    report();
  };
  let stopped: Promise<void> | undefined;
  running = {
    deliveries: sumOf(queues),
    shutdown: (ms = SHUTDOWN_MS) => (stopped ??= stop(ms)),
    extend(more) {
      added.add(more.processors ?? []);
      allowMoreBaggage(more.baggage ?? []);
    },
  };
  return running;
}

/** Whether the program has set a `diag` logger. OpenTelemetry's API keeps what is registered on this global, and has no getter for it. */
function hasLogger(): boolean {
  const registered = (globalThis as unknown as Record<symbol, { diag?: unknown } | undefined>)[Symbol.for('opentelemetry.js.api.1')];
  return registered?.diag !== undefined;
}

/**
 * Delivers every span that has ended, then stops tracing, if `startTracing` started it. Never rejects.
 * @param ms how long that may take, in milliseconds, 4,000 by default: what is not delivered then is lost, and a line on stderr says so
 */
export async function shutdownTracing(ms?: number): Promise<void> {
  await running?.shutdown(ms);
}

function queuesFrom(env: NodeJS.ProcessEnv, exporters: readonly SpanExporter[] | undefined): SpanQueue<unknown>[] {
  const backends: Backend<unknown>[] =
    exporters?.map((exporter) => sdkBackend(exporter.constructor.name, () => exporter)) ?? backendsFromEnv(env, warnOfSettings);
  const limits = limitsFromEnv(env, warnOfSettings);
  // The bound is that of the process, however many backends there are.
  const maxQueueBytes = Math.ceil(limits.maxQueueBytes / Math.max(1, backends.length));
  return backends.map((backend) => new SpanQueue(backend, { ...limits, maxQueueBytes }, warnOfSpans));
}

/** What became of the spans of all queues, as it is at the moment of reading. */
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

/** Prints what each queue has lost, once per figure. Warnings would come too late: they are printed in the next tick. */
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
