import { expect, test } from '@jest/globals';
import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SamplingDecision,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  type Span,
  type SpanStatus,
  type TimeInput,
  type Tracer,
} from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { Resource as SdkResource } from '@opentelemetry/resources';
import * as sdk from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { resourceOf } from '../sdk/resource.ts';
import { randomFlag, TraceContextPropagator } from '../sdk/trace-context.ts';
import type * as ours from './interfaces.ts';
import type { SpanLimits } from './recording-span.ts';
import { alwaysOff, alwaysOn, parentBased, traceIdRatio } from './samplers.ts';
import { DEFAULT_LIMITS, LeanTracerProvider } from './tracer-provider.ts';

/** A call on a span. */
type Step = (span: Span) => unknown;

interface Script {
  name: string;
  kind: SpanKind | undefined;
  attributes: Attributes | undefined;
  links: Link[] | undefined;
  startTime: TimeInput | undefined;
  steps: Step[];
  endTime: TimeInput | undefined;
}

const ANCHOR = 1_795_540_797_313;
/** Times as numbers, dates and pairs. The numbers are too large for the monotonic clock, so that the result does not depend on when the test runs. */
const time = fc.oneof(
  fc.integer({ min: ANCHOR, max: ANCHOR + 5_000 }),
  fc.integer({ min: ANCHOR, max: ANCHOR + 5_000 }).map((ms) => new Date(ms)),
  fc.tuple(fc.integer({ min: 1_795_540_797, max: 1_795_540_802 }), fc.nat(999_999_999)) as fc.Arbitrary<TimeInput>,
);
const text = fc.string({ maxLength: 12 });
const value = fc.oneof(
  text,
  fc.double(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.oneof(text, fc.integer(), fc.constant(undefined)), { maxLength: 3 }),
  fc.uint8Array({ maxLength: 12 }),
  fc.dictionary(text, text, { maxKeys: 2 }),
  fc.constantFrom(null, undefined, Symbol('odd'), new Date(0), () => 1, 10n),
) as fc.Arbitrary<Attributes[string]>;
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '');
const attributes = fc.dictionary(key, value) as fc.Arbitrary<Attributes>;
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });

const REMOTE = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.SAMPLED };
const link: fc.Arbitrary<Link> = maybe(attributes).map((given) => ({ context: REMOTE, ...(given && { attributes: given }) }));
const status = fc.record({
  code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
  message: maybe(text),
}) as fc.Arbitrary<SpanStatus>;
const exception = fc.oneof(
  text,
  // The SDK throws if it can't record an exception without a prototype.
  fc.record({ name: text, message: text, stack: maybe(text), code: maybe(fc.oneof(text, fc.nat())) }, { noNullPrototype: true }),
) as fc.Arbitrary<Error>;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(key, value).map(
    ([name, given]): Step =>
      (span) =>
        span.setAttribute(name, given),
  ),
  attributes.map(
    (given): Step =>
      (span) =>
        span.setAttributes(given),
  ),
  fc.tuple(text, maybe(attributes), time).map(
    ([name, given, at]): Step =>
      (span) =>
        span.addEvent(name, given, at),
  ),
  fc.tuple(text, time).map(
    ([name, at]): Step =>
      (span) =>
        span.addEvent(name, at),
  ),
  link.map(
    (one): Step =>
      (span) =>
        span.addLink(one),
  ),
  fc.array(link, { maxLength: 3 }).map(
    (some): Step =>
      (span) =>
        span.addLinks(some),
  ),
  status.map(
    (one): Step =>
      (span) =>
        span.setStatus(one),
  ),
  text.map(
    (name): Step =>
      (span) =>
        span.updateName(name),
  ),
  fc.tuple(exception, time).map(
    ([one, at]): Step =>
      (span) =>
        span.recordException(one, at),
  ),
  fc.constant<Step>((span) => span.isRecording()),
);
const script: fc.Arbitrary<Script> = fc.record({
  name: text,
  kind: maybe(fc.constantFrom(SpanKind.SERVER, SpanKind.CLIENT, SpanKind.INTERNAL)),
  attributes: maybe(attributes),
  links: maybe(fc.array(link, { maxLength: 4 })),
  startTime: time,
  steps: fc.array(step, { maxLength: 12 }),
  endTime: time,
});

const few = fc.constantFrom(0, 1, 2, 128);
const limits: fc.Arbitrary<SpanLimits> = fc.record({
  attributeCountLimit: few,
  attributeValueLengthLimit: fc.constantFrom(1, 3, Infinity),
  eventCountLimit: few,
  linkCountLimit: few,
  attributePerEventCountLimit: few,
  attributePerLinkCountLimit: few,
});

/** Runs a program on a tracer, with the second span below the first. Returns all readable fields of its spans. */
function outcome(tracer: Tracer, ended: readonly sdk.ReadableSpan[], scripts: readonly Script[]): object {
  const returned: unknown[] = [];
  let parent: Context = ROOT_CONTEXT;
  for (const { name, steps, endTime, ...options } of scripts) {
    const span = tracer.startSpan(name, options as object, parent);
    for (const one of steps) returned.push(one(span) === span);
    span.end(endTime);
    span.setAttribute('late', true);
    span.end();
    parent = trace.setSpan(parent, span);
  }
  const ids = new Map(ended.map((span, at) => [span.spanContext().spanId, at]));
  const told = ended.map((span) => ({
    name: span.name,
    kind: span.kind,
    flags: span.spanContext().traceFlags,
    parent: ids.get(span.parentSpanContext?.spanId ?? ''),
    sameTrace: span.spanContext().traceId === ended[0]?.spanContext().traceId,
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status,
    attributes: span.attributes,
    order: Object.keys(span.attributes),
    events: span.events,
    links: span.links,
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    scope: span.instrumentationScope,
  }));
  return { returned, told };
}

/** Records what a span processor is called with, in order. */
function recorder(): { processor: sdk.SpanProcessor & ours.SpanProcessor; ended: sdk.ReadableSpan[] } {
  const ended: sdk.ReadableSpan[] = [];
  const processor = {
    onStart: (span: Span) => void span.setAttribute('started', span.isRecording()),
    onEnding: (span: Span) => void span.setAttribute('ending', span.isRecording()),
    onEnd: (span: ours.ReadableSpan) => void ended.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  return { processor, ended };
}

test('any program creates the same spans with our provider as with the SDK, with any limits', () => {
  fc.assert(
    fc.property(fc.array(script, { minLength: 1, maxLength: 3 }), fc.oneof(limits, fc.constant(DEFAULT_LIMITS)), (scripts, spanLimits) => {
      const [reference, lean] = [recorder(), recorder()];
      const theirs = new sdk.TracerProvider({ spanLimits, spanProcessors: [randomFlag, reference.processor] }).getTracer('test', '1.0');
      const own = new LeanTracerProvider({
        resource: resourceOf({}),
        sampler: parentBased(alwaysOn),
        processors: [lean.processor],
        limits: spanLimits,
      }).getTracer('test', '1.0');
      expect(outcome(own, lean.ended, scripts)).toEqual(outcome(theirs, reference.ended, scripts));
    }),
    { numRuns: 200 },
  );
});

const samplers: [name: string, ours: Sampler, theirs: sdk.Sampler][] = [
  ['always_on', alwaysOn, new sdk.AlwaysOnSampler()],
  ['always_off', alwaysOff, new sdk.AlwaysOffSampler()],
  ['traceidratio', traceIdRatio(0.3), new sdk.TraceIdRatioBasedSampler(0.3)],
  ['traceidratio 0', traceIdRatio(0), new sdk.TraceIdRatioBasedSampler(0)],
  ['traceidratio 1', traceIdRatio(1), new sdk.TraceIdRatioBasedSampler(1)],
  ['parentbased_always_on', parentBased(alwaysOn), new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() })],
  ['parentbased_always_off', parentBased(alwaysOff), new sdk.ParentBasedSampler({ root: new sdk.AlwaysOffSampler() })],
  ['parentbased_traceidratio', parentBased(traceIdRatio(0.3)), new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(0.3) })],
];
const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length / 2, maxLength: length / 2 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const parentContext = fc.option(fc.tuple(hex(32), hex(16), fc.constantFrom('00', '01', '03')), { nil: undefined }).map((ids) => {
  const carrier = ids ? { traceparent: `00-${ids.join('-')}` } : {};
  return new TraceContextPropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
});

test.each(samplers)('%s samples the traces that the SDK samples', (_name, own, theirs) => {
  fc.assert(
    fc.property(parentContext, hex(32), (parent, traceId) => {
      const id = trace.getSpanContext(parent)?.traceId ?? traceId;
      fc.pre(!/^0+$/.test(id));
      const decide = (sampler: Sampler | sdk.Sampler): unknown =>
        sampler.shouldSample(parent, id, 'work', SpanKind.SERVER, {}, []).decision;
      expect(decide(own)).toEqual(decide(theirs));
    }),
  );
});

test('the span has its sampler’s attributes and trace state, and dropped spans are not recorded', () => {
  const sampler: Sampler = {
    shouldSample: (_context, _traceId, name) => ({
      decision: name === 'dropped' ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD,
      attributes: { why: name },
    }),
    toString: () => 'by name',
  };
  const results = [recorder(), recorder()].map(({ processor, ended }, at) => {
    const provider = at
      ? new LeanTracerProvider({ resource: resourceOf({}), sampler, processors: [processor] })
      : new sdk.TracerProvider({ sampler, spanProcessors: [randomFlag, processor] });
    const dropped = provider.getTracer('test').startSpan('dropped');
    provider.getTracer('test').startSpan('kept').end();
    return [
      dropped.isRecording(),
      dropped.spanContext().traceFlags & 1,
      ended.map((span) => [span.attributes, span.spanContext().traceFlags]),
    ];
  });
  expect(results[1]).toEqual(results[0]);
});

test('accepts times of the monotonic clock as start and end', () => {
  const { processor, ended } = recorder();
  const provider = new LeanTracerProvider({ resource: resourceOf({}), sampler: alwaysOn, processors: [processor] });
  const at = performance.now();
  provider
    .getTracer('test')
    .startSpan('work', { startTime: at })
    .end(at + 0.001);
  const [span] = ended;
  expect(hrTimeToMilliseconds(span!.duration)).toBeCloseTo(0.001, 3);
  expect(Math.abs(hrTimeToMilliseconds(span!.startTime) - (performance.timeOrigin + at))).toBeLessThan(1_000);
});

/** Compiles only if each type is assignable to the other. */
const same = <A, B>(_there: (given: A) => B, _back: (given: B) => A): boolean => true;

test('our interfaces and those of the SDK are assignable to each other', () => {
  const checked = [
    same<ours.ReadableSpan, sdk.ReadableSpan>(
      (given) => given,
      (given) => given,
    ),
    same<ours.SpanProcessor, sdk.SpanProcessor>(
      (given) => given,
      (given) => given,
    ),
    same<ours.SpanExporter, sdk.SpanExporter>(
      (given) => given,
      (given) => given,
    ),
    same<ours.Resource, SdkResource>(
      (given) => given,
      (given) => given,
    ),
  ];
  expect(checked).not.toContain(false);
});
