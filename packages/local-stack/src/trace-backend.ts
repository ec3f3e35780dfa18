import { otlpEndpoint } from './service-env.ts';
import { startTraceStore } from './trace-store.ts';

export interface TraceBackend extends AsyncDisposable {
  /** For the environment of every service. */
  env: Readonly<Record<string, string>>;
  /** Where people read traces, and Jaeger's query API is; undefined if they go nowhere that is known. */
  url: string | undefined;
  /** What becomes of the traces, for the user; it follows the word "Traces". */
  description: string;
}

/** Where the spans go: to the backend that the caller's environment names, else to a trace store of our own, which `onNote` is told about. */
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
    description: `${store.url}/search  kept in memory by a store of our own; set OTEL_EXPORTER_OTLP_ENDPOINT to use another`,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
