import { otlpEndpoint } from './service-env.ts';

export interface TraceBackend {
  /** For the environment of every service. */
  env: Readonly<Record<string, string>>;
  /** Where people read a trace; undefined if it goes nowhere. */
  traceUrl: (traceId: string) => string | undefined;
  /** What becomes of the traces, for the user; it follows the word "traces". */
  description: string;
}

const WITH_JAEGER = `
  docker run --rm -d -p 127.0.0.1:16686:16686 -p 127.0.0.1:4318:4318 jaegertracing/jaeger:2.20.0
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 npx -y pnpm@12 start`;

/** Where the spans go: to the backend that the caller's environment names, or nowhere. A trace store of our own would be started here. */
export function traceBackend(env: NodeJS.ProcessEnv): TraceBackend {
  const endpoint = otlpEndpoint(env);
  if (!endpoint) {
    const description = `are not kept: OTEL_EXPORTER_OTLP_ENDPOINT is not set. To see them in a Jaeger:${WITH_JAEGER}`;
    return { env: {}, traceUrl: () => undefined, description };
  }
  const ui = (env['TRACE_UI_URL'] || 'http://localhost:16686').replace(/\/+$/, '');
  return { env: { TRACE_UI_URL: ui }, traceUrl: (id) => `${ui}/trace/${id}`, description: `go to ${endpoint}; read them at ${ui}` };
}
