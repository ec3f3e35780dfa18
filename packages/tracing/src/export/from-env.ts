import { readFileSync } from 'node:fs';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import type { SpanExporter } from '../provider/interfaces.ts';
import { DEFAULTS } from '../sdk/defaults.ts';
import { knownOf, oneOf, textFrom, wholeNumber, type Env, type Warn } from '../sdk/env.ts';
import { isInstalled, loadOptional, notInstalled } from '../sdk/optional.ts';
import { wholeMicroseconds } from '../sdk/zipkin.ts';
import { consoleExporter } from './console-exporter.ts';
import { otlpHttpBackend } from './otlp-http-backend.ts';
import { sdkBackend } from './sdk-backend.ts';
import type { Backend, QueueLimits } from './span-queue.ts';

const ZIPKIN = '@opentelemetry/exporter-zipkin';

/**
 * Reads the queue's limits from OTEL_BSP_* and WAYMARK_BSP_MAX_QUEUE_BYTES. The queue is large and sent often, so that a busy service loses
 * no spans if the backend is slow. OpenTelemetry's defaults (2048 spans, 5 s) lose a third of them at a round trip of 20 ms.
 */
export function limitsFromEnv(env: Env, warn: Warn): QueueLimits {
  const maxQueueSize = wholeNumber(env, 'OTEL_BSP_MAX_QUEUE_SIZE', { least: 1, preset: DEFAULTS.OTEL_BSP_MAX_QUEUE_SIZE }, warn);
  return {
    maxQueueBytes: wholeNumber(env, 'WAYMARK_BSP_MAX_QUEUE_BYTES', { least: 1, preset: DEFAULTS.WAYMARK_BSP_MAX_QUEUE_BYTES }, warn),
    maxQueueSize,
    maxExportBatchSize: Math.min(
      wholeNumber(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', { least: 1, preset: DEFAULTS.OTEL_BSP_MAX_EXPORT_BATCH_SIZE }, warn),
      maxQueueSize,
    ),
    scheduleDelayMs: wholeNumber(env, 'OTEL_BSP_SCHEDULE_DELAY', { least: 0, preset: DEFAULTS.OTEL_BSP_SCHEDULE_DELAY }, warn),
    exportTimeoutMs: wholeNumber(env, 'OTEL_BSP_EXPORT_TIMEOUT', { least: 1, preset: DEFAULTS.OTEL_BSP_EXPORT_TIMEOUT }, warn),
  };
}

/**
 * Returns the backends in `OTEL_TRACES_EXPORTER`, a comma-separated list of otlp (default), zipkin, console and none.
 * For otlp, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or `OTEL_EXPORTER_OTLP_PROTOCOL` chooses http/protobuf (default), http/json or grpc.
 * Warns of invalid values and of exporters that are not installed, and treats them as unset.
 */
export function backendsFromEnv(env: Env, warn: Warn): Backend<unknown>[] {
  const names = knownOf(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console', 'none'], DEFAULTS.OTEL_TRACES_EXPORTER, warn);
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
  const url = textFrom(env, 'OTEL_EXPORTER_ZIPKIN_ENDPOINT') ?? DEFAULTS.OTEL_EXPORTER_ZIPKIN_ENDPOINT;
  return sdkBackend(url, () => wholeMicroseconds(new (loadOptional(ZIPKIN) as Record<'ZipkinExporter', ExporterClass>).ZipkinExporter()));
}

/** OpenTelemetry's exporters for the protocols that we don't implement. */
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
    timeoutMs: wholeNumber(env, otlp(env, 'TIMEOUT'), { least: 1, preset: DEFAULTS.OTEL_EXPORTER_OTLP_TIMEOUT }, warn),
    gzip: oneOf(env, otlp(env, 'COMPRESSION'), ['gzip', 'none'], usualCompression(url), warn) === 'gzip',
    tls: {
      ca: fileFrom(env, 'CERTIFICATE', warn),
      cert: fileFrom(env, 'CLIENT_CERTIFICATE', warn),
      key: fileFrom(env, 'CLIENT_KEY', warn),
    },
  });
}

/** Compression takes about as much CPU as encoding, so it pays only where somebody pays for the network (docs/adr/0012-span-export.md). */
export function usualCompression({ protocol, hostname }: URL): 'gzip' | 'none' {
  const isLocal = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  return protocol === 'https:' && !isLocal ? 'gzip' : 'none';
}

/** The variable for traces takes precedence over the one for all signals. */
function otlp(env: Env, name: string): string {
  const ofTraces = `OTEL_EXPORTER_OTLP_TRACES_${name}`;
  return textFrom(env, ofTraces) ? ofTraces : `OTEL_EXPORTER_OTLP_${name}`;
}

function protocolFrom(env: Env, warn: Warn): string {
  const variable = otlp(env, 'PROTOCOL');
  const preset = DEFAULTS.OTEL_EXPORTER_OTLP_PROTOCOL;
  const protocol = oneOf(env, variable, [preset, ...Object.keys(OTLP_EXPORTERS)], preset, warn);
  const exporter = OTLP_EXPORTERS[protocol];
  if (!exporter || isInstalled(exporter)) return protocol;
  warn(`${variable} is "${protocol}", which is ignored: ${notInstalled(exporter)}`);
  return preset;
}

/** Uses the endpoint for traces unchanged; adds the path to the endpoint for all signals (OTLP exporter specification). */
function endpoint(env: Env, protocol: string, warn: Warn): URL {
  const preset = protocol === 'grpc' ? 'http://localhost:4317' : `${DEFAULTS.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`;
  const variable = otlp(env, 'ENDPOINT');
  const given = textFrom(env, variable);
  const url = URL.parse(given ?? preset);
  if (url && given && variable === 'OTEL_EXPORTER_OTLP_ENDPOINT' && protocol !== 'grpc')
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  if (url && (protocol === 'grpc' || /^https?:$/.test(url.protocol))) return url;
  // gRPC also accepts an address without a scheme, so its exporter validates the address.
  if (protocol !== 'grpc') warn(`${variable} is "${given}", which is ignored: use an http or https URL`);
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
