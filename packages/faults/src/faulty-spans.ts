import { AsyncLocalStorage } from 'node:async_hooks';
import { RequestContext } from '@waymark/context';
import { FAULT, REQUESTED_FAULTS } from '@waymark/semantic-conventions';
import type { TracingOptions } from '@waymark/tracing';
import type { Effect, Fault } from './fault.ts';

type SpanProcessor = NonNullable<TracingOptions['processors']>[number];
type Span = Parameters<SpanProcessor['onStart']>[0];
/** Seconds and nanoseconds. */
type Time = [number, number];

/** Set where the next span that starts must be marked. */
const marking = new AsyncLocalStorage<{ names: string; isDone: boolean }>();

/** Runs `fn`. The first span that starts in it gets the names of the faults. */
export function markNext<T>(names: string, fn: () => T): T {
  return marking.run({ names, isDone: false }, fn);
}

/** What the rules of the flags know of a request: its trace id, and the faults that it asked for. */
export function evaluationContext(traceId = '', asked: unknown = ''): { targetingKey: string; requested: string[] } {
  return { targetingKey: traceId, requested: typeof asked === 'string' && asked !== '' ? asked.split(',') : [] };
}

/** The faults that the current request asked for, as its baggage has them. */
export const requestedHere = (): string | undefined => RequestContext.current().baggage()[REQUESTED_FAULTS];

type IsOn = (name: string, context: ReturnType<typeof evaluationContext>) => boolean;

/** A span processor that marks spans, loses them and falsifies their times. */
export class FaultySpans implements SpanProcessor {
  /** The faults that hit the spans of this service. */
  faults: readonly Fault[];
  readonly #isOn: IsOn;
  readonly #hit = new WeakMap<Span, readonly Effect[]>();

  constructor(isOn: IsOn, faults: readonly Fault[]) {
    this.#isOn = isOn;
    this.faults = faults;
  }

  onStart(span: Span): void {
    const next = marking.getStore();
    if (next && !next.isDone) {
      next.isDone = true;
      span.setAttribute(FAULT, next.names);
    }
    if (this.faults.length === 0) return;
    // SERVER and CONSUMER spans start before their baggage is active, but have it as an attribute.
    const context = evaluationContext(span.spanContext().traceId, span.attributes[REQUESTED_FAULTS] ?? requestedHere());
    const hit = this.faults.filter(({ name }) => this.#isOn(name, context));
    if (hit.length === 0) return;
    span.setAttribute(FAULT, hit.map(({ name }) => name).join());
    this.#hit.set(
      span,
      hit.flatMap(({ effects }) => effects),
    );
  }

  onEnding(span: Span): void {
    for (const effect of this.#hit.get(span) ?? []) {
      if (effect.do === 'skew-clock') skew(span, effect.ms);
      // The queues take sampled spans only. The last span of a request arrives, as if the export had recovered by then.
      if (effect.do === 'lose-spans' && !isRoot(span)) span.spanContext().traceFlags &= ~1;
    }
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Whether this is the first span of the request or job in this process. */
const isRoot = ({ parentSpanContext: parent }: Span): boolean => !parent || parent.isRemote === true;

/** Moves all times of a span. */
function skew(span: Span, ms: number): void {
  const moved = ([seconds, nanoseconds]: Time): Time => {
    const whole = nanoseconds + (ms % 1_000) * 1e6;
    return [seconds + Math.trunc(ms / 1_000) + Math.floor(whole / 1e9), ((whole % 1e9) + 1e9) % 1e9];
  };
  Object.assign(span, { startTime: moved(span.startTime), endTime: moved(span.endTime) });
  for (const event of span.events) event.time = moved(event.time);
}
