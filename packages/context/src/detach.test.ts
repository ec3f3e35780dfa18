import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Context as KoaContext } from 'koa';
import { extract } from './carrier.ts';
import { detach, DETACHED_MAX, detachedTasks, drainDetached, TooManyDetachedTasksError } from './detach.ts';
import { contextKey, RequestContext } from './request-context.ts';
import { span } from './span.ts';
import { exceptions, named, recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const USER = contextKey<string>('user');
const LONG = 60_000;

class Basket {
  lines = [];
}

const boom = (message: string) => (): never => {
  throw new RangeError(message);
};

test('a detached task outlives its request: a child of it, with what was current', async () => {
  const gate = Promise.withResolvers<void>();
  let seen: unknown;
  await span(
    'request',
    () =>
      RequestContext.current()
        .with(USER, 'ada')
        .run(() =>
          detach('send receipt', { order: 7 }, async ({ order }) => {
            await gate.promise;
            seen = { order, user: RequestContext.current().get(USER), baggage: { ...RequestContext.current().baggage() } };
            await span('render', () => undefined);
          }),
        ),
    { parent: extract({ baggage: 'waymark.traffic=bench' }) },
  );
  const [request] = await recorded.take(1);
  expect(detachedTasks.running).toBe(1);
  gate.resolve();

  expect(await drainDetached(LONG)).toEqual([]);
  const [render, task] = await recorded.take(2);
  expect(seen).toEqual({ order: 7, user: 'ada', baggage: { 'waymark.traffic': 'bench' } });
  expect(task).toMatchObject({ name: 'send receipt', kind: SpanKind.INTERNAL, status: { code: SpanStatusCode.UNSET } });
  expect(task?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  expect(task?.links).toEqual([]);
  expect(render?.parentSpanContext?.spanId).toBe(task?.spanContext().spanId);
  expect(detachedTasks.running).toBe(0);
});

test('its input is a frozen copy', async () => {
  const input = { lines: ['lamp'] };
  let seen: unknown;
  detach('copy', input, async (given) => {
    await setImmediate();
    seen = given;
  });
  input.lines.push('rug');
  await drainDetached(LONG);
  expect(seen).toEqual({ lines: ['lamp'] });
  expect(Object.isFrozen(seen)).toBe(true);
  await recorded.take(1);
});

test('the Koa ctx is no input: a compile error, and a TypeError for who gets around it', () => {
  const ctx = { path: '/', toJSON: () => ({}) } as unknown as KoaContext;
  // @ts-expect-error a Koa ctx
  expect(() => detach('koa', ctx, () => undefined)).toThrow('The input of the detached task "koa" is a function at .toJSON.');
  // @ts-expect-error a Koa ctx in a record
  expect(() => detach('koa', { ctx }, () => undefined)).toThrow('is a function at .ctx.toJSON.');
  // @ts-expect-error a Map
  expect(() => detach('map', new Map(), () => undefined)).toThrow('is an instance of Map.');
  const basket: unknown = new Basket();
  // @ts-expect-error anything
  expect(() => detach('class', basket, () => undefined)).toThrow('is an instance of Basket.');
  expect(detachedTasks.running).toBe(0);
});

test('nothing else of the request is there: what other libraries keep for it stays behind', async () => {
  const theirs = new AsyncLocalStorage<string>();
  let seen: unknown[] = [];
  theirs.run('the request', () => detach('alone', null, () => (seen = [theirs.getStore()])));
  await drainDetached(LONG);
  expect(seen).toEqual([undefined]);
  await recorded.take(1);
});

test('its error is on its own span and nowhere else, thrown at once or later', async () => {
  await span('request', () => {
    detach('at once', null, boom('first'));
    detach('later', null, async () => span('inner', () => setImmediate().then(boom('second'))));
  });
  await drainDetached(LONG);

  const spans = await recorded.take(4);
  expect(named(spans, 'request').status.code).toBe(SpanStatusCode.UNSET);
  expect(named(spans, 'at once').status).toEqual({ code: SpanStatusCode.ERROR, message: 'first' });
  expect(exceptions(named(spans, 'at once'))).toEqual(['first']);
  expect(named(spans, 'later').attributes['error.type']).toBe('RangeError');
  expect([exceptions(named(spans, 'inner')), exceptions(named(spans, 'later'))]).toEqual([['second'], []]);
});

test('a drain also waits for tasks that are begun meanwhile', async () => {
  let chain = '';
  detach('first', null, async () => {
    await setImmediate();
    detach('second', null, async () => {
      await setImmediate();
      detach('third', null, async () => {
        await setImmediate();
        chain += 'done';
      });
    });
  });
  expect(await drainDetached(LONG)).toEqual([]);
  expect(chain).toBe('done');
  await recorded.take(3);
});

test('at the deadline what still runs is cut off: told by its signal, named, and failed on its span', async () => {
  const gate = Promise.withResolvers<void>();
  let ended = 0;
  detach('deaf', null, () => gate.promise.then(() => (ended += 1)));
  detach('heeds', null, async (_, { signal }) => {
    await span('wait', () => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))));
  });
  expect(await drainDetached(1)).toEqual(['deaf', 'heeds']);
  expect(detachedTasks.running).toBe(0);

  const spans = await recorded.take(3);
  for (const name of ['deaf', 'heeds']) {
    expect(named(spans, name).attributes['error.type']).toBe('cut_off');
    expect(named(spans, name).status).toEqual({ code: SpanStatusCode.ERROR, message: 'The process ended before the task did' });
  }
  expect(exceptions(named(spans, 'wait'))).toEqual(['The detached task "heeds" was cut off: the process ends']);
  gate.resolve();
  await setImmediate();
  expect(ended).toBe(1);
});

test('more tasks than may run are refused at the caller, who is told what to do', async () => {
  const gate = Promise.withResolvers<void>();
  const one = (): void => detach('one of many', null, () => gate.promise);
  for (let at = 0; at < DETACHED_MAX; at += 1) one();
  expect(one).toThrow(TooManyDetachedTasksError);
  expect(one).toThrow(
    'The detached task "one of many" was not started: 1000 are running. They are begun faster than they end: await the work, or store it as a job.',
  );
  gate.resolve();
  await drainDetached(LONG);
  await recorded.take(DETACHED_MAX);
  one();
  await drainDetached(LONG);
  await recorded.take(1);
});
