import { createRequire } from 'node:module';
import type { Dispatcher } from 'undici';
import { traceRequests } from './trace-requests.ts';

/** Where the copies of undici in a process keep their common dispatcher, Node's own `fetch` among them: up to undici 7, and since undici 7. */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

const ours = new WeakSet<Dispatcher>();

/**
 * Traces every `fetch` of Node, and each request of the undici package that names no dispatcher: a CLIENT span for each request on the wire,
 * and exactly one `traceparent`. Call it once, at the start, after any `setGlobalDispatcher` of your own.
 */
export function traceFetch(): void {
  // Node loads its fetch, with the dispatcher, when somebody asks for one of its classes.
  void globalThis.Headers;
  const dispatchers = globalThis as unknown as Record<symbol, Dispatcher | undefined>;
  if (GLOBAL_DISPATCHERS.some((key) => !dispatchers[key])) loadUndici();
  for (const key of GLOBAL_DISPATCHERS) {
    const dispatcher = dispatchers[key];
    if (!dispatcher || ours.has(dispatcher)) continue;
    const traced = dispatcher.compose(traceRequests());
    ours.add(traced);
    dispatchers[key] = traced;
  }
}

/** Under Node 22, undici 8 replaces the dispatcher of Node's fetch when it is loaded: it must not do so later. */
function loadUndici(): void {
  try {
    createRequire(import.meta.url)('undici');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
  }
}
