import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from '@jest/globals';
import { detach, drainDetached, span } from '@waymark/context';
import { DETACHED_PROMISES, SegmentManifest } from './manifest.ts';
import { named, recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans(new SegmentManifest());
const LONG = 60_000;
const nothing = (): void => undefined;

test('the segment that starts a task promises it; after that segment has ended, nobody does', async () => {
  const gate = Promise.withResolvers<void>();
  await span('request', () =>
    detach('outer', null, async () => {
      await span('step', () => detach('inner', null, () => undefined));
      await gate.promise;
    }),
  );
  gate.resolve();
  let late = nothing;
  await span('other', () => (late = AsyncLocalStorage.bind(() => detach('late', null, nothing))));
  late();
  await drainDetached(LONG);

  const spans = await recorded.take(6);
  const promises = (name: string): unknown => named(spans, name).attributes['waymark.segment.detached'];
  const ids = (name: string): string[] => [named(spans, name).spanContext().spanId];
  expect([promises('request'), promises('outer')]).toEqual([ids('outer'), ids('inner')]);
  expect([promises('step'), promises('inner'), promises('other')]).toEqual([undefined, undefined, undefined]);
  expect(named(spans, 'outer').attributes['waymark.segment.spans']).toBe(2);
  expect(named(spans, 'late').attributes['waymark.segment.spans']).toBe(1);
  expect(named(spans, 'late').parentSpanContext?.spanId).toBe(named(spans, 'other').spanContext().spanId);
});

test('a segment promises only a limited number of tasks', async () => {
  await span('loop', async () => {
    for (let at = 0; at <= DETACHED_PROMISES; at += 1) {
      detach('one', null, () => undefined);
      await drainDetached(LONG);
    }
  });
  const spans = await recorded.take(DETACHED_PROMISES + 2);
  expect(named(spans, 'loop').attributes['waymark.segment.detached']).toHaveLength(DETACHED_PROMISES);
});
