import { startTraceStore } from '@waymark/trace-store';
import type { Backend } from './run-side.ts';

const RUNNING: Backend = { otlpUrl: 'http://127.0.0.1:4318', url: 'http://127.0.0.1:16686' };
const PATIENCE_MS = 1_000;

/** A trace store or Jaeger on the usual ports, so that the traces are in its UI too; else a store of our own, for as long as this runs. */
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
