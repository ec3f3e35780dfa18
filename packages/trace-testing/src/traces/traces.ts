import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Completeness, type Trace } from '@waymark/trace-model';
import { IncompleteTraceError } from './incomplete-trace-error.ts';
import { traceBackend, type TraceBackend } from './trace-backend.ts';
import { TraceBackendError } from './trace-backend-error.ts';
import { traceReference, type TraceSource } from './trace-source.ts';

/** A trace that is complete, and how that was decided. */
export interface CompleteTrace extends Trace {
  readonly completeness: Completeness;
}

/** The traces of a backend. */
export interface Traces {
  /**
   * The whole trace of a response, as soon as it is complete. Rejects with an `IncompleteTraceError` after `timeoutMs` (4500 by default, because Jest
   * ends a test after 5000), with a `TraceBackendError` if no backend can be reached, and at once with an `UnsampledTraceError` if the response says
   * that the trace is not recorded.
   */
  of(source: TraceSource, options?: { readonly timeoutMs?: number }): Promise<CompleteTrace>;
  /** The trace of a response as it is now, complete or not. It has no spans if none has arrived. */
  now(source: TraceSource): Promise<Trace>;
}

/** The response says that its trace is not sampled: nothing was recorded, so no span will arrive. */
export class UnsampledTraceError extends Error {
  override readonly name = 'UnsampledTraceError';

  constructor(traceId: string) {
    super(
      `trace ${traceId} is not sampled (flags 00 in traceresponse): nothing was recorded. ` +
        'Sample everything in tests (OTEL_TRACES_SAMPLER=parentbased_always_on), and send no traceparent with flags 00.',
    );
  }
}

/** The traces of Jaeger, or of a backend with its API, by the address of its UI, such as `http://localhost:16686`. */
export function tracesFrom(url: string): Traces {
  const backend = traceBackend(url);
  return {
    of: async (source, { timeoutMs = PATIENCE_MS } = {}) => {
      const { traceId, sampled } = traceReference(source);
      if (sampled === false) throw new UnsampledTraceError(traceId);
      return waitFor(backend, traceId, timeoutMs);
    },
    now: async (source) => backend.trace(traceReference(source).traceId),
  };
}

/** Jest ends a test after 5 s, and would hide what is missing. */
const PATIENCE_MS = 4500;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 50;
/** A trace without a manifest counts as complete if it has not grown for this long. */
const QUIET_MS = 1000;

async function waitFor(backend: TraceBackend, traceId: string, timeoutMs: number): Promise<CompleteTrace> {
  const deadline = performance.now() + timeoutMs;
  const quietMs = Math.min(QUIET_MS, timeoutMs / 2);
  let trace: Trace = { traceId, spans: [] };
  let answered = false;
  let grew = performance.now();
  let fault: TraceBackendError | undefined;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    const next = await attempt(backend, traceId, deadline);
    // The deadline aborts the last request. That says nothing about a backend that has responded before.
    const isCutOff = next instanceof TraceBackendError && performance.now() >= deadline && (answered || fault);
    if (!isCutOff) fault = next instanceof TraceBackendError ? next : undefined;
    if (!(next instanceof TraceBackendError)) {
      answered = true;
      // If some spans have arrived, others will follow soon.
      if (next.spans.length !== trace.spans.length) [grew, pause] = [performance.now(), FIRST_PAUSE_MS];
      trace = next;
    }
    const judgement = judge(trace);
    const { completeness } = judgement;
    const quiet = completeness.by === 'manifest' || performance.now() - grew >= quietMs;
    if (!fault && completeness.missing.length === 0 && quiet) return { ...trace, completeness };
    const left = deadline - performance.now();
    if (left <= 0) throw fault ?? new IncompleteTraceError(trace, judgement, { url: backend.url, timeoutMs });
    await sleep(Math.min(pause, left));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** One request. Returns an error that a retry may fix, and throws others. */
async function attempt(backend: TraceBackend, traceId: string, deadline: number): Promise<Trace | TraceBackendError> {
  const patience = AbortSignal.timeout(Math.ceil(Math.max(deadline - performance.now(), 100)));
  try {
    return await backend.trace(traceId, patience);
  } catch (error) {
    if (patience.aborted)
      return new TraceBackendError(`${backend.url} accepts connections but does not respond.`, { passing: true, cause: error });
    if (error instanceof TraceBackendError && error.passing) return error;
    throw error;
  }
}
