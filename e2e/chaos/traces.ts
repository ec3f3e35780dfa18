import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Trace } from '@waymark/trace-model';
import { tracesFrom, type Traces } from '@waymark/trace-testing';

/** An answer and its trace. */
export interface Answered {
  traceId: string;
  status: number;
}

const AT_ONCE = 6;
const POLL_MS = 500;

/** Judges the trace of every answer, before the trace backend that holds it is killed. */
export class TraceBook {
  settled = 0;
  /** Traces that lack spans, and whose verdict says so. */
  cut = 0;
  /** Traces that lack spans although their verdict is "complete". */
  wrong: string[] = [];
  readonly #traces: Traces;
  #pending: Answered[] = [];

  constructor(url: string) {
    this.#traces = tracesFrom(url);
  }

  add(answered: Answered): void {
    if (answered.traceId !== '') this.#pending.push(answered);
  }

  /** Waits up to `ms` until all traces are settled, and counts the others as cut. */
  async close(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let open = this.#pending;
    this.#pending = [];
    for (;;) {
      open = await this.#judge(open);
      if (open.length === 0 || performance.now() > end) break;
      await delay(POLL_MS);
    }
    this.cut += open.length;
  }

  /** Returns those that are not complete. */
  async #judge(all: readonly Answered[]): Promise<Answered[]> {
    const open: Answered[] = [];
    const left = [...all];
    const reader = async (): Promise<void> => {
      for (let one = left.shift(); one; one = left.shift()) {
        const trace = await this.#traces.now(one.traceId).catch(() => undefined);
        if (!trace || judge(trace).completeness.state !== 'complete') open.push(one);
        else if (lacks(trace, one)) this.wrong.push(`${one.traceId}, answered with ${one.status}, lacks ${lacks(trace, one)}`);
        else this.settled += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, reader));
    return open;
  }
}

/** What a trace lacks, by what is known about its answer and not by its manifest. */
function lacks({ spans }: Trace, { status }: Answered): string | undefined {
  const has = (kind: string, name: string, service = 'order'): boolean =>
    spans.some((span) => span.kind === kind && span.service === service && span.name === name);
  // Without a route if the request was shed before it reached the app.
  if (!has('SERVER', 'POST /v1/orders', 'gateway') && !(status === 503 && has('SERVER', 'POST', 'gateway'))) return "the gateway's span";
  if (status === 201 && !has('SERVER', 'POST /orders')) return "order's span";
  if (has('PRODUCER', 'send fulfil_order') && !has('CONSUMER', 'process fulfil_order')) return 'the span of the job';
  return undefined;
}
