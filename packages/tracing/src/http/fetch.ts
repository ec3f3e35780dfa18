import { createRequire } from 'node:module';
import type { Dispatcher } from 'undici';
import { traceRequests } from './trace-requests.ts';

/** All copies of undici in a process, including the one in Node's `fetch`, share their dispatcher here: up to undici 7, and since undici 7. */
const GLOBAL_DISPATCHERS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

const ours = new WeakSet<Dispatcher>();

/**
 * Traces Node's `fetch`, and requests of the undici package that use its global dispatcher: a CLIENT span for each request on the wire, and
 * exactly one `traceparent`. Call it once, at the start, after any `setGlobalDispatcher` of your own.
 */
export function traceFetch(): void {
  // Reading one of fetch's classes makes Node load fetch and its dispatcher.
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

/** On Node 22, loading undici 8 replaces the dispatcher of Node's fetch. Loading it now ensures that it can't replace ours later. */
function loadUndici(): void {
  try {
    createRequire(import.meta.url)('undici');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
  }
}
