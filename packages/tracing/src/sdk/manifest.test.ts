import { expect, test } from '@jest/globals';
import { context, ROOT_CONTEXT, trace, TraceFlags, type Span } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { SegmentManifest } from './manifest.ts';

const REMOTE = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.SAMPLED, isRemote: true };

function recorder() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SegmentManifest(), new SimpleSpanProcessor({ exporter })] });
  const start = (name: string, parent?: Span): Span =>
    provider.getTracer('test').startSpan(name, {}, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT);
  const declared = (): Record<string, unknown> =>
    Object.fromEntries(exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes['waymark.segment.spans']]));
  return { start, declared };
}

test('only a segment’s root declares how many spans the segment has', () => {
  const { start, declared } = recorder();
  const root = start('root');
  const child = start('child', root);
  start('grandchild', child).end();
  child.end();
  root.end();
  expect(declared()).toEqual({ root: 3, child: undefined, grandchild: undefined });
});

test('a span whose parent is in another process starts a new segment', () => {
  const { start, declared } = recorder();
  const server = start('server', trace.wrapSpanContext(REMOTE));
  const job = start('job', trace.wrapSpanContext({ ...server.spanContext(), isRemote: true }));
  job.end();
  server.end();
  expect(declared()).toEqual({ server: 1, job: 1 });
});

test('spans that start after the root has ended are not counted', () => {
  const { start, declared } = recorder();
  const root = start('root');
  root.end();
  start('late', root).end();
  expect(declared()).toEqual({ root: 1, late: undefined });
});

test('a root with the maximum of attributes still declares its size', () => {
  const { start, declared } = recorder();
  const root = start('root');
  start('child', root).end();
  for (let number = 0; number < 200; number++) root.setAttribute(`note.${number}`, number);
  root.end();
  expect(declared()['root']).toBe(2);
});

test('a root without a parent does not join another segment', () => {
  const { start, declared } = recorder();
  const one = start('one');
  const two = context.with(trace.setSpan(ROOT_CONTEXT, one), () => start('two'));
  two.end();
  one.end();
  expect(declared()).toEqual({ one: 1, two: 1 });
});

test('counts all spans of any tree, in any order that ends children first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 50 }), (parents) => {
      const { start, declared } = recorder();
      const spans = [start('root')];
      for (const parent of parents) spans.push(start(`span ${spans.length}`, spans[parent % spans.length]));
      for (const span of spans.toReversed()) span.end();
      expect(declared()['root']).toBe(parents.length + 1);
    }),
  );
});
