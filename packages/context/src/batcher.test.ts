import { expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import fc from 'fast-check';
import { batcher, QueueFullError, type BatchItem } from './batcher.ts';
import { contextKey, RequestContext } from './request-context.ts';
import { span } from './span.ts';
import { exceptions, named, recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const USER = contextKey<string>('user');
const NEVER = 2 ** 30;
const values = <T>(items: readonly BatchItem<T>[]): T[] => items.map(({ value }) => value);

test('a full batch is worked off in a trace of its own, linked to each item, whose context it can run in', async () => {
  const users: unknown[] = [];
  const writes = batcher<string>({ name: 'audit', maxItems: 3, maxWaitMs: NEVER, maxQueued: 3 }, async (items) => {
    for (const { value, run } of items) await run(() => span(`write ${value}`, () => users.push(RequestContext.current().get(USER))));
  });
  const request = async (name: string, ...added: string[]): Promise<void> =>
    span(name, () =>
      RequestContext.current()
        .with(USER, name)
        .run(async () => void (await Promise.all(added.map(writes.add)))),
    );
  await Promise.all([request('ada', 'a', 'b'), request('bob', 'c')]);

  const spans = await recorded.take(6);
  const batch = named(spans, 'batch audit');
  const ids = ['ada', 'bob'].map((name) => named(spans, name).spanContext());
  expect(batch.parentSpanContext).toBeUndefined();
  expect(batch.attributes).toEqual({ 'waymark.batch.items': 3 });
  expect(batch.links.map(({ context }) => context)).toEqual(ids);
  expect(ids.map(({ traceId }) => traceId)).not.toContain(batch.spanContext().traceId);
  expect(users).toEqual(['ada', 'ada', 'bob']);
  expect(named(spans, 'write c').parentSpanContext?.spanId).toBe(ids[1]?.spanId);
});

test('a batch that does not fill up waits its time and no longer', async () => {
  const seen: string[][] = [];
  const writes = batcher<string>({ name: 'slow', maxItems: 100, maxWaitMs: 5, maxQueued: 100 }, (items) => void seen.push(values(items)));
  await Promise.all([writes.add('a'), writes.add('b')]);
  expect(seen).toEqual([['a', 'b']]);
  expect((await recorded.take(1))[0]?.links).toEqual([]);
});

test('a batch that fails fails each of its items, and not the next batch', async () => {
  const boom = new RangeError('disk full');
  const writes = batcher<string>({ name: 'disk', maxItems: 2, maxWaitMs: NEVER, maxQueued: 9 }, (items) => {
    if (values(items).includes('bad')) throw boom;
  });
  const request = span('request', () => Promise.all([writes.add('bad'), writes.add('good')]));
  await expect(request).rejects.toBe(boom);
  await Promise.all([writes.add('later'), writes.add('still')]);

  const [failed, caller, fine] = await recorded.take(3);
  expect([failed?.status.code, caller?.status.code, fine?.status.code]).toEqual([
    SpanStatusCode.ERROR,
    SpanStatusCode.ERROR,
    SpanStatusCode.UNSET,
  ]);
  expect([exceptions(failed!), exceptions(caller!)]).toEqual([['disk full'], ['disk full']]);
});

test('more than may wait is refused, and says so', async () => {
  const gate = Promise.withResolvers<void>();
  const writes = batcher<number>({ name: 'narrow', maxItems: 1, maxWaitMs: 0, maxQueued: 2 }, () => gate.promise);
  const added = [0, 1, 2].map(writes.add);
  await expect(writes.add(3)).rejects.toThrow(QueueFullError);
  await expect(writes.add(4)).rejects.toThrow('The batcher "narrow" has 2 items waiting, and no more may');
  gate.resolve();
  await Promise.all(added);
  await recorded.take(3);
});

test('flush works off what is queued, close refuses what comes after', async () => {
  const seen: string[][] = [];
  const writes = batcher<string>({ name: 'end', maxItems: 2, maxWaitMs: NEVER, maxQueued: 9 }, (items) => {
    seen.push(values(items));
    if (values(items).includes('bad')) throw new Error('no');
  });
  await writes.flush();
  const added = Promise.allSettled(['a', 'b', 'bad'].map(writes.add));
  await writes.flush();
  expect(seen).toEqual([['a', 'b'], ['bad']]);
  const last = writes.add('last');
  await writes.close();
  await last;
  expect(seen).toEqual([['a', 'b'], ['bad'], ['last']]);
  await expect(writes.add('too late')).rejects.toThrow('The batcher "end" is closed');
  expect((await added).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  await recorded.take(3);
});

test('no batch without items', () => {
  expect(() => batcher({ name: 'none', maxItems: 0, maxWaitMs: 1, maxQueued: 1 }, () => undefined)).toThrow('takes maxItems from 1, not 0');
});

test('whatever is added, in whatever order: each once, in order, in batches of the size at most, one at a time', async () => {
  const step = fc.oneof(fc.constant('add' as const), fc.constant('flush' as const), fc.constant('turn' as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (steps, maxItems) => {
      const seen: number[] = [];
      let [atOnce, added, batches] = [0, 0, 0];
      const writes = batcher<number>({ name: 'any', maxItems, maxWaitMs: 1, maxQueued: 100 }, async (items) => {
        batches += 1;
        atOnce += 1;
        expect([atOnce, items.length <= maxItems, items.length > 0]).toEqual([1, true, true]);
        await Promise.resolve();
        seen.push(...values(items));
        atOnce -= 1;
      });
      const done: Promise<void>[] = [];
      for (const one of steps) {
        if (one === 'add') done.push(writes.add((added += 1)));
        if (one === 'flush') done.push(writes.flush());
        if (one === 'turn') await Promise.resolve();
      }
      await writes.close();
      await Promise.all(done);
      expect(seen).toEqual(Array.from({ length: added }, (_, at) => at + 1));
      await recorded.take(batches);
    }),
  );
});
