import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Completeness, type Trace } from '@waymark/trace-model';
import { IncompleteTraceError } from './incomplete-trace-error.ts';
import { traceBackend, type TraceBackend } from './trace-backend.ts';
import { TraceBackendError } from './trace-backend-error.ts';
import { traceReference, type TraceSource } from './trace-source.ts';

/** A trace all of which is there, and how that is known. */
export interface CompleteTrace extends Trace {
  readonly completeness: Completeness;
}

/** The traces of one backend. */
export interface Traces {
  /**
   * The whole trace of an answer, as soon as it is complete. Rejects with an `IncompleteTraceError` after `timeoutMs` (4500 by default: Jest ends a test after 5000), with
   * a `TraceBackendError` when there is nobody to ask, and at once with an `UnsampledTraceError` when the answer says that nothing was
   * recorded.
   */
  of(source: TraceSource, options?: { readonly timeoutMs?: number }): Promise<CompleteTrace>;
  /** The trace of an answer as it is now, complete or not; without spans when nothing has come yet. */
  now(source: TraceSource): Promise<Trace>;
}

/** The answer says that its trace is not sampled: nothing was recorded, and nothing will come. */
export class UnsampledTraceError extends Error {
  override readonly name = 'UnsampledTraceError';

  constructor(traceId: string) {
    super(
      `trace ${traceId} is not sampled (flags 00 in traceresponse): nothing was recorded. ` +
        'Sample everything in tests (OTEL_TRACES_SAMPLER=parentbased_always_on), and send no traceparent with flags 00.',
    );
  }
}

/** The traces of a Jaeger, or of anything that answers like one, by the address of its UI, such as `http://localhost:16686`. */
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

/** Shorter than the 5 s after which Jest ends a test, and would hide what is missing. */
const PATIENCE_MS = 4500;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 50;
/** How long a trace that cannot say itself that it is complete must not have grown. */
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
    // The last request is cut off by the deadline. That says nothing about a backend that has answered before.
    const late = answered && performance.now() >= deadline;
    fault = next instanceof TraceBackendError && !late ? next : undefined;
    if (!(next instanceof TraceBackendError)) {
      answered = true;
      // Where some spans come, the others are not far.
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

/** Asks once; a fault that may pass is an answer too. */
async function attempt(backend: TraceBackend, traceId: string, deadline: number): Promise<Trace | TraceBackendError> {
  const patience = AbortSignal.timeout(Math.ceil(Math.max(deadline - performance.now(), 100)));
  try {
    return await backend.trace(traceId, patience);
  } catch (error) {
    if (patience.aborted)
      return new TraceBackendError(`${backend.url} takes connections and does not answer.`, { passing: true, cause: error });
    if (error instanceof TraceBackendError && error.passing) return error;
    throw error;
  }
}
