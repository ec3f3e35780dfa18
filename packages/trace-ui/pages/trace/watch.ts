import { judge } from '@waymark/trace-model';
import type { Trace } from '@waymark/trace-model';
import { loadTrace } from '../shared/api.ts';

const FIRST_WAIT_MS = 1_500;
const LONGEST_WAIT_MS = 15_000;
/** Exporters send every few seconds, and retry. A trace that got no spans for this long is complete, as far as can be told. */
const QUIET_MS = 30_000;

/** Whether more spans may arrive: the trace waits for some, or it is young and does not declare how many it has. */
export function mayGrow(trace: Trace): boolean {
  const { state, by } = judge(trace).completeness;
  if (state === 'waiting') return true;
  if (state === 'complete' && by === 'manifest') return false;
  const end = trace.spans.reduce((last, span) => (span.end > last ? span.end : last), 0n);
  return Date.now() - Number(end / 1_000_000n) < QUIET_MS;
}

/**
 * Loads a trace again and again, with growing delays, until it waits for nothing and got no spans for half a minute. Calls `changed` when
 * there are more spans, and `quiet` at the end. Retries after an error.
 */
export async function watch(
  traceId: string,
  first: Trace | undefined,
  changed: (trace: Trace) => Promise<void>,
  quiet: () => void,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let since = Date.now();
  let latest = first;
  while (Date.now() - since < QUIET_MS || (latest && judge(latest).completeness.state === 'waiting')) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) continue;
    const asked = performance.now();
    const trace = await loadTrace(traceId).catch(() => undefined);
    wait = Math.min(LONGEST_WAIT_MS, wait * 1.3 + 10 * (performance.now() - asked));
    if (!trace || trace.spans.length <= (latest?.spans.length ?? 0)) continue;
    latest = trace;
    since = Date.now();
    wait = FIRST_WAIT_MS;
    await changed(trace);
    if (!mayGrow(trace)) break;
  }
  quiet();
}
