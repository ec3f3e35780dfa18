import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { otlpHttpBackend } from './otlp-http-backend.ts';
import { sdkBackend } from './sdk-backend.ts';
import type { Backend, QueueLimits } from './span-queue.ts';

type Env = NodeJS.ProcessEnv;
type Warn = (message: string) => void;

const MIB = 1 << 20;

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
 * A value that makes no sense is warned of and counts as unset (OpenTelemetry environment variables).
 */
export function backendsFromEnv(env: Env, warn: Warn): Backend<unknown>[] {
  const names = (env['OTEL_TRACES_EXPORTER'] || 'otlp').split(',').map((name) => name.trim());
  const unknown = names.find((name) => !['otlp', 'zipkin', 'console', 'none'].includes(name));
  if (unknown !== undefined) {
    warn(`OTEL_TRACES_EXPORTER has "${unknown}", which is ignored: it takes otlp, zipkin, console or none`);
  }
  const known = new Set(names.filter((name) => name !== unknown));
  if (known.size === 0) known.add('otlp');
  return [...known].flatMap((name) => backendNamed(name, env, warn) ?? []);
}

function backendNamed(name: string, env: Env, warn: Warn): Backend<unknown> | undefined {
  switch (name) {
    case 'otlp':
      return otlpBackend(env, warn);
    case 'zipkin':
      return sdkBackend(env['OTEL_EXPORTER_ZIPKIN_ENDPOINT'] || 'http://localhost:9411/api/v2/spans', async () => {
        const { WholeMicrosecondsZipkinExporter } = await import('../sdk/zipkin.ts');
        return new WholeMicrosecondsZipkinExporter();
      });
    case 'console':
      return sdkBackend('the console', async () => {
        const { ConsoleSpanExporter } = await import('@opentelemetry/sdk-trace');
        return new ConsoleSpanExporter();
      });
    default:
      return undefined;
  }
}

const SDK_OTLP: Record<string, (() => Promise<SpanExporter>) | undefined> = {
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(),
  grpc: async () => new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter(),
};

function otlpBackend(env: Env, warn: Warn): Backend<unknown> {
  const protocol = oneOf(env, 'PROTOCOL', Object.keys(SDK_OTLP), warn) ?? 'http/protobuf';
  const url = endpoint(env, protocol, warn);
  // The SDK's exporter reads certificates from files; ours does not.
  const hasCertificates = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].some((name) => otlpSetting(env, name));
  const load = SDK_OTLP[protocol];
  if (load && (protocol !== 'http/protobuf' || hasCertificates)) return sdkBackend(`${url.origin}${url.pathname}`, load);
  return otlpHttpBackend({
    url,
    headers: {
      ...parseKeyPairsIntoRecord(env['OTEL_EXPORTER_OTLP_HEADERS']),
      ...parseKeyPairsIntoRecord(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']),
    },
    timeoutMs: timeout(env, warn),
    gzip: oneOf(env, 'COMPRESSION', ['gzip', 'none'], warn) === 'gzip',
  });
}

/** The variable for traces wins over the one for all signals. */
function otlpSetting(env: Env, name: string): [variable: string, value: string] | undefined {
  for (const variable of [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
    const value = env[variable]?.trim();
    if (value) return [variable, value];
  }
  return undefined;
}

function oneOf(env: Env, name: string, values: readonly string[], warn: Warn): string | undefined {
  const [variable, value] = otlpSetting(env, name) ?? [];
  if (value === undefined || values.includes(value)) return value;
  warn(`${variable} is "${value}", which is ignored: it takes ${values.join(', ')}`);
  return undefined;
}

function timeout(env: Env, warn: Warn): number {
  const [variable] = otlpSetting(env, 'TIMEOUT') ?? ['OTEL_EXPORTER_OTLP_TIMEOUT'];
  return wholeNumber(env, variable, { least: 1, preset: 10_000 }, warn);
}

/** The endpoint for traces is taken as it is; to that for all signals, the path is added (OTLP exporter specification). */
function endpoint(env: Env, protocol: string, warn: Warn): URL {
  const preset = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318/v1/traces';
  const [variable, value] = otlpSetting(env, 'ENDPOINT') ?? ['', preset];
  const url = URL.parse(value);
  if (url && variable === 'OTEL_EXPORTER_OTLP_ENDPOINT' && protocol !== 'grpc')
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  if (url && (protocol === 'grpc' || /^https?:$/.test(url.protocol))) return url;
  // gRPC takes an address without a scheme, too. It is the exporter's to judge.
  if (protocol !== 'grpc') warn(`${variable} is "${value}", which is ignored: it takes a URL with http or https`);
  return new URL(preset);
}

function wholeNumber(env: Env, name: string, { least, preset }: { least: number; preset: number }, warn: Warn): number {
  const text = env[name]?.trim();
  if (!text) return preset;
  const value = Number(text);
  // A timer takes at most 2^31 - 1 milliseconds.
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  warn(`${name} is "${text}", which is ignored: it takes a whole number from ${least}. The default is ${preset}.`);
  return preset;
}
