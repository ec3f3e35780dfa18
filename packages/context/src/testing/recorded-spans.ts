import { afterEach } from '@jest/globals';
import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  trace,
  type TextMapPropagator,
  type TracerProvider as Provider,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** The spans that ended in this test file, handed over as they end. */
export interface RecordedSpans {
  /** Waits until `count` spans have ended, then hands over and forgets all that have: more than `count` is an error. */
  take(count: number): Promise<ReadableSpan[]>;
  /** How many spans have ended and were not taken. */
  readonly ended: number;
}

const W3C = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] });
const sdk = (spanProcessors: SpanProcessor[]): Provider => new TracerProvider({ spanProcessors });

/**
 * Registers a real SDK in Jest's sandbox of this test file: spans go to memory, context and headers are W3C's.
 * A test fails that leaves a span untaken, or that touches one after its end. `before` are processors that spans pass first.
 */
export function recordSpans(
  before: readonly SpanProcessor[] = [],
  { propagator = W3C, provider = sdk }: { propagator?: TextMapPropagator; provider?: (processors: SpanProcessor[]) => Provider } = {},
): RecordedSpans {
  let ended: ReadableSpan[] = [];
  let wake = Promise.withResolvers<void>();
  const onEnd = (span: ReadableSpan): void => {
    ended.push(span);
    wake.resolve();
  };
  const spanProcessor: SpanProcessor = { onStart() {}, onEnd, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
  trace.setGlobalTracerProvider(provider([...before, spanProcessor]));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  const misuse = watchMisuse();
  afterEach(() => {
    const wrong = [...ended.splice(0).map(({ name }) => `The span "${name}" was not taken`), ...misuse.splice(0)];
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  return {
    get ended() {
      return ended.length;
    },
    async take(count) {
      while (ended.length < count) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
      const taken = ended;
      ended = [];
      if (taken.length > count) throw new Error(`Expected ${count} spans, got ${taken.map(({ name }) => name).join(', ')}`);
      return taken;
    },
  };
}

/** The SDK's complaints about spans that were used after their end, or ended twice. */
function watchMisuse(): string[] {
  const misuse: string[] = [];
  const complain = (message: string): void => {
    if (/ended span|end\(\) on a span/i.test(message)) misuse.push(message);
  };
  diag.setLogger({ error: complain, warn: complain, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
  return misuse;
}

/** The span of this name. */
export function named(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = spans.find((span) => span.name === name);
  if (!found) throw new Error(`No span "${name}" among ${spans.map((span) => span.name).join(', ')}`);
  return found;
}

/** The exception events of a span, by their message. */
export function exceptions(span: ReadableSpan): unknown[] {
  return span.events.filter(({ name }) => name === 'exception').map(({ attributes }) => attributes?.['exception.message']);
}
