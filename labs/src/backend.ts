import { startTraceStore } from '@waymark/trace-store';
import type { Backend } from './run-side.ts';

const { OTEL_EXPORTER_OTLP_ENDPOINT, TRACES_URL } = process.env;
const RUNNING: Backend = { otlpUrl: OTEL_EXPORTER_OTLP_ENDPOINT || 'http://127.0.0.1:4318', url: TRACES_URL || 'http://127.0.0.1:16686' };
const PATIENCE_MS = 1_000;

/**
 * Opens the running trace store or Jaeger, so that its UI shows the traces too: on the usual ports, or at OTEL_EXPORTER_OTLP_ENDPOINT and
 * TRACES_URL. If none runs, starts a temporary trace store.
 */
export async function openBackend(): Promise<Backend & AsyncDisposable & { lasts: boolean }> {
  const answers = await Promise.all([isThere(`${RUNNING.url}/api/services`), isThere(`${RUNNING.otlpUrl}/v1/traces`, '{}')]);
  if (answers.every(Boolean)) return { ...RUNNING, lasts: true, [Symbol.asyncDispose]: () => Promise.resolve() };
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  return { otlpUrl: store.otlpUrl, url: store.url, lasts: false, [Symbol.asyncDispose]: () => store.close() };
}

async function isThere(url: string, body?: string): Promise<boolean> {
  const request: RequestInit = { signal: AbortSignal.timeout(PATIENCE_MS) };
  if (body !== undefined) Object.assign(request, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return fetch(url, request).then(
    ({ ok }) => ok,
    () => false,
  );
}
