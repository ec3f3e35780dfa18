import { otlpEndpoint } from './service-env.ts';
import { startTraceStore } from './trace-store.ts';

export interface TraceBackend extends AsyncDisposable {
  /** Variables for every service. */
  env: Readonly<Record<string, string>>;
  /** The URL of the UI and of Jaeger's query API; undefined if it is not known. */
  url: string | undefined;
  /** Tells the user where the traces are, after the word "Traces". */
  description: string;
}

/** Chooses the backend: the one in the caller's environment, or a new built-in trace store, which reports to `onNote`. */
export async function openTraceBackend(env: NodeJS.ProcessEnv, onNote: (note: string) => void): Promise<TraceBackend> {
  const endpoint = otlpEndpoint(env);
  const exporter = env['OTEL_TRACES_EXPORTER'];
  if (endpoint) return foreign(endpoint, (env['TRACE_UI_URL'] || 'http://localhost:16686').replace(/\/+$/, ''));
  if (exporter && exporter !== 'otlp') return foreign(`the exporter "${exporter}"`, undefined);
  return ownStore(onNote);
}

function foreign(endpoint: string, url: string | undefined): TraceBackend {
  const description = url ? `go to ${endpoint}; read them at ${url}` : `go to ${endpoint}`;
  return { env: url ? { TRACE_UI_URL: url } : {}, url, description, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function ownStore(onNote: (note: string) => void): Promise<TraceBackend> {
  const store = await startTraceStore(onNote);
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, TRACE_UI_URL: store.url },
    url: store.url,
    description: `${store.url}/search  (in memory; set OTEL_EXPORTER_OTLP_ENDPOINT to use another backend)`,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
