import { setTimeout as delay } from 'node:timers/promises';
import { readTraces, settled, verify, type Trace } from '@waymark/trace-model';

const PATIENCE_MS = 5_000;
const POLL_MS = 100;

/** How long to wait for more spans of a trace that does not say when it is complete. Services export their spans every half second. */
const QUIET_MS = 700;

/**
 * Reads a trace from Jaeger's query API as soon as it is settled and has no findings, or as it is after 5 s.
 * Undefined if the API does not answer or has no span of the trace.
 */
export async function readTrace(backend: string, traceId: string, signal: AbortSignal): Promise<Trace | undefined> {
  const end = performance.now() + PATIENCE_MS;
  let trace: Trace | undefined;
  let grown = performance.now();
  while (performance.now() < end) {
    const answer = await ask(backend, traceId, signal);
    if (!answer) return undefined;
    const now = answer.ok ? readTraces(await answer.json())[0] : undefined;
    if (now?.spans.length !== trace?.spans.length) grown = performance.now();
    trace = now;
    if (trace && (settled(trace).settled || performance.now() - grown > QUIET_MS) && verify(trace).length === 0) return trace;
    await delay(POLL_MS, undefined, { signal });
  }
  return trace;
}

/** Requests the trace as it was sent, without Jaeger's adjustments. Undefined if the API does not answer. */
async function ask(backend: string, traceId: string, signal: AbortSignal): Promise<Response | undefined> {
  try {
    return await fetch(`${backend}/api/v3/traces/${traceId}?rawTraces=true&raw_traces=true`, { signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
