import { readFileSync } from 'node:fs';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import type { SpanExporter } from '../provider/interfaces.ts';
import { knownOf, oneOf, textFrom, wholeNumber, type Env, type Warn } from '../sdk/env.ts';
import { isInstalled, loadOptional, notInstalled } from '../sdk/optional.ts';
import { wholeMicroseconds } from '../sdk/zipkin.ts';
import { consoleExporter } from './console-exporter.ts';
import { otlpHttpBackend } from './otlp-http-backend.ts';
import { sdkBackend } from './sdk-backend.ts';
import type { Backend, QueueLimits } from './span-queue.ts';

const MIB = 1 << 20;
const ZIPKIN = '@opentelemetry/exporter-zipkin';

/**
 * The limits of the queue from OTEL_BSP_* and WAYMARK_BSP_MAX_QUEUE_BYTES. The queue is large and sent often, so that a saturated service
 * loses no span to a slow backend: OpenTelemetry's defaults (2048 spans, 5 s) lose a third of them at a round trip of 20 ms.
 */
export function limitsFromEnv(env: Env, warn: Warn): QueueLimits {
  const maxQueueSize = wholeNumber(env, 'OTEL_BSP_MAX_QUEUE_SIZE', { least: 1, preset: 65_536 }, warn);
  return {
    maxQueueBytes: wholeNumber(env, 'WAYMARK_BSP_MAX_QUEUE_BYTES', { least: 1, preset: 16 * MIB }, warn),
    maxQueueSize,
    maxExportBatchSize: Math.min(wholeNumber(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', { least: 1, preset: 4_096 }, warn), maxQueueSize),
    scheduleDelayMs: wholeNumber(env, 'OTEL_BSP_SCHEDULE_DELAY', { least: 0, preset: 500 }, warn),
    exportTimeoutMs: wholeNumber(env, 'OTEL_BSP_EXPORT_TIMEOUT', { least: 1, preset: 30_000 }, warn),
  };
}

/**
 * The trace backends that `OTEL_TRACES_EXPORTER` names: otlp (default), zipkin, console or none, or several with commas between them.
 * For otlp, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or `OTEL_EXPORTER_OTLP_PROTOCOL` chooses http/protobuf (default), http/json or grpc.
 * A value that makes no sense, or whose exporter is not installed, is warned of and counts as unset.
 */
export function backendsFromEnv(env: Env, warn: Warn): Backend<unknown>[] {
  const names = knownOf(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console', 'none'], ['otlp'], warn);
  return names.flatMap((name) => backendNamed(name, env, warn) ?? []);
}

function backendNamed(name: string, env: Env, warn: Warn): Backend<unknown> | undefined {
  switch (name) {
    case 'otlp':
      return otlpBackend(env, warn);
    case 'zipkin':
      return zipkinBackend(env, warn);
    case 'console':
      return sdkBackend('the console', () => consoleExporter);
    default:
      return undefined;
  }
}

type ExporterClass = new () => SpanExporter;

function zipkinBackend(env: Env, warn: Warn): Backend<unknown> | undefined {
  if (!isInstalled(ZIPKIN)) {
    warn(`OTEL_TRACES_EXPORTER has "zipkin", which is ignored: ${notInstalled(ZIPKIN)}`);
    return undefined;
  }
  const url = textFrom(env, 'OTEL_EXPORTER_ZIPKIN_ENDPOINT') ?? 'http://localhost:9411/api/v2/spans';
  return sdkBackend(url, () => wholeMicroseconds(new (loadOptional(ZIPKIN) as Record<'ZipkinExporter', ExporterClass>).ZipkinExporter()));
}

/** The packages of the exporters for the protocols that are not our own. */
const OTLP_EXPORTERS: Record<string, string> = {
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
};

function otlpBackend(env: Env, warn: Warn): Backend<unknown> {
  const protocol = protocolFrom(env, warn);
  const url = endpoint(env, protocol, warn);
  const exporter = OTLP_EXPORTERS[protocol];
  if (exporter)
    return sdkBackend(
      `${url.origin}${url.pathname}`,
      () => new (loadOptional(exporter) as Record<'OTLPTraceExporter', ExporterClass>).OTLPTraceExporter(),
    );
  return otlpHttpBackend({
    url,
    headers: {
      ...parseKeyPairsIntoRecord(env['OTEL_EXPORTER_OTLP_HEADERS']),
      ...parseKeyPairsIntoRecord(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']),
    },
    timeoutMs: wholeNumber(env, otlp(env, 'TIMEOUT'), { least: 1, preset: 10_000 }, warn),
    gzip: oneOf(env, otlp(env, 'COMPRESSION'), ['gzip', 'none'], warn) === 'gzip',
    tls: {
      ca: fileFrom(env, 'CERTIFICATE', warn),
      cert: fileFrom(env, 'CLIENT_CERTIFICATE', warn),
      key: fileFrom(env, 'CLIENT_KEY', warn),
    },
  });
}

/** The variable for traces wins over the one for all signals. */
function otlp(env: Env, name: string): string {
  const ofTraces = `OTEL_EXPORTER_OTLP_TRACES_${name}`;
  return textFrom(env, ofTraces) ? ofTraces : `OTEL_EXPORTER_OTLP_${name}`;
}

function protocolFrom(env: Env, warn: Warn): string {
  const variable = otlp(env, 'PROTOCOL');
  const protocol = oneOf(env, variable, ['http/protobuf', ...Object.keys(OTLP_EXPORTERS)], warn) ?? 'http/protobuf';
  const exporter = OTLP_EXPORTERS[protocol];
  if (!exporter || isInstalled(exporter)) return protocol;
  warn(`${variable} is "${protocol}", which is ignored: ${notInstalled(exporter)}`);
  return 'http/protobuf';
}

/** The endpoint for traces is taken as it is; to that for all signals, the path is added (OTLP exporter specification). */
function endpoint(env: Env, protocol: string, warn: Warn): URL {
  const preset = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318/v1/traces';
  const variable = otlp(env, 'ENDPOINT');
  const given = textFrom(env, variable);
  const url = URL.parse(given ?? preset);
  if (url && given && variable === 'OTEL_EXPORTER_OTLP_ENDPOINT' && protocol !== 'grpc')
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  if (url && (protocol === 'grpc' || /^https?:$/.test(url.protocol))) return url;
  // gRPC takes an address without a scheme, too. It is the exporter's to judge.
  if (protocol !== 'grpc') warn(`${variable} is "${given}", which is ignored: it takes a URL with http or https`);
  return new URL(preset);
}

function fileFrom(env: Env, name: string, warn: Warn): Buffer | undefined {
  const variable = otlp(env, name);
  const file = textFrom(env, variable);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    warn(`${variable} is "${file}", which is ignored: ${(error as Error).message}`);
    return undefined;
  }
}
