import { judge, type Trace } from '@waymark/trace-model';

const QUIET_MS = 3000;
/** How far back to search for traces that were exported late. */
const LATE_MS = 30_000;
const MOST_AT_ONCE = 200;
const MOST_REMEMBERED = 20_000;

/** Traces that began after a point in time. Each is returned once: when it is complete, or when it has not grown for a while. */
export class NewTraces {
  private readonly since: number;
  private readonly growing = new Map<string, { trace: Trace; grew: number }>();
  private readonly given = new Set<string>();

  /** `since` in milliseconds since 1970. */
  constructor(since: number) {
    this.since = since;
  }

  /** The next search. */
  window(): { from: number; to: number; limit: number } {
    const to = Date.now();
    return { from: Math.max(this.since, to - LATE_MS), to, limit: MOST_AT_ONCE };
  }

  add(traces: readonly Trace[]): void {
    for (const trace of traces) {
      const before = this.growing.get(trace.traceId);
      if (this.given.has(trace.traceId) || before?.trace.spans.length === trace.spans.length) continue;
      this.growing.set(trace.traceId, { trace, grew: performance.now() });
    }
  }

  /** The traces that can be judged now, in the order of their start. */
  due(): readonly Trace[] {
    const ready = [...this.growing.values()].filter(({ trace, grew }) => performance.now() - grew >= QUIET_MS || saysComplete(trace));
    for (const { trace } of ready) {
      this.growing.delete(trace.traceId);
      this.given.add(trace.traceId);
    }
    const forgotten = this.given.size - MOST_REMEMBERED;
    for (const traceId of [...this.given].slice(0, Math.max(0, forgotten))) this.given.delete(traceId);
    return ready.map(({ trace }) => trace).sort((a, b) => Number((a.spans[0]?.start ?? 0n) - (b.spans[0]?.start ?? 0n)));
  }
}

function saysComplete(trace: Trace): boolean {
  const { state, by } = judge(trace).completeness;
  return state === 'complete' && by === 'manifest';
}
