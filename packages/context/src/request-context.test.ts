import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { context } from '@opentelemetry/api';
import type { Context as KoaContext } from 'koa';
import { extract, inject } from './carrier.ts';
import type { Immutable } from './immutable.ts';
import { contextKey, RequestContext } from './request-context.ts';
import { span } from './span.ts';
import { recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
type UserId = string & { readonly brand: 'UserId' };
const USER = contextKey<UserId>('shop.user');
const CART = contextKey<{ lines: string[] }>('shop.cart');
const ada = 'ada' as UserId;
const user = (): unknown => RequestContext.current().get(USER);

class Basket {
  lines = [];
}

test('it goes wherever the active context goes, and nowhere else', async () => {
  const emitter = new EventEmitter();
  const seen = await RequestContext.current()
    .with(USER, ada)
    .run(async () => {
      await setImmediate();
      const timer = await new Promise((resolve) => setTimeout(() => resolve(user()), 1));
      return [user(), timer, await span('nested', user), await Promise.all([setImmediate().then(user), span('other', user)])];
    });

  expect(seen).toEqual(['ada', 'ada', 'ada', ['ada', 'ada']]);
  expect(RequestContext.current().get(USER)).toBeUndefined();
  setTimeout(() => emitter.emit('later', RequestContext.current().get(USER)), 1);
  expect(await once(emitter, 'later')).toEqual([undefined]);
  await recorded.take(2);
});

test('`with` gives a new one and leaves the old one as it was, also while others run', async () => {
  const before = RequestContext.current().with(USER, ada);
  const [one, two] = await Promise.all(
    ['bob', 'eve'].map(async (name) =>
      before.with(USER, name as UserId).run(async () => {
        await setImmediate();
        return RequestContext.current().get(USER);
      }),
    ),
  );
  expect([before.get(USER), one, two]).toEqual(['ada', 'bob', 'eve']);
});

test('later changes to the caller’s object change nothing, and what is given out cannot be changed', () => {
  const cart = { lines: ['lamp'] };
  const current = RequestContext.current().with(CART, cart);
  cart.lines.push('rug');
  const given = current.get(CART);
  expect(given).toEqual({ lines: ['lamp'] });
  expect(() => (given as { lines: string[] }).lines.push('rug')).toThrow(TypeError);
  expect(Object.isFrozen(current)).toBe(true);
});

test('two keys of one name are two keys', () => {
  const other = contextKey<string>('shop.user');
  const both = RequestContext.current().with(USER, ada).with(other, 'a library’s');
  expect([both.get(USER), both.get(other)]).toEqual(['ada', 'a library’s']);
  expect(() => both.toRecord()).toThrow('Two context keys are named "shop.user"');
});

test('what comes from elsewhere is known by the names of its keys, until it is set here', () => {
  const received = RequestContext.fromRecord({ 'shop.user': 'ada' });
  expect(received.get(USER)).toBe('ada');
  const changed = received.with(USER, 'bob' as UserId);
  expect([changed.get(USER), changed.toRecord()]).toEqual(['bob', { 'shop.user': 'bob' }]);
});

test('a value that can change is a compile error, and a TypeError for who gets around it', () => {
  const ANY = contextKey<Immutable>('any');
  const current = RequestContext.current();
  const koa = { request: {}, toJSON: () => ({}) } as unknown as KoaContext;
  const basket = { basket: new Basket() };
  // @ts-expect-error a Koa ctx
  expect(() => current.with(ANY, koa)).toThrow('The value of "any" is a function at .toJSON.');
  // @ts-expect-error a Map
  expect(() => current.with(ANY, new Map())).toThrow('The value of "any" is an instance of Map.');
  // @ts-expect-error a class instance
  expect(() => current.with(ANY, new Date())).toThrow('The value of "any" is an instance of Date.');
  expect(() => current.with(ANY, basket as unknown as Immutable)).toThrow('The value of "any" is an instance of Basket at .basket.');
  // @ts-expect-error a key for what can change
  contextKey<Set<string>>('set');
  // @ts-expect-error a value of another type
  current.with(USER, 7);
});

test('the active baggage is a frozen record', () => {
  const caller = extract({ baggage: 'waymark.traffic=bench;secret=1' });
  const baggage = context.with(caller, () => RequestContext.current().baggage());
  expect(Object.entries(baggage)).toEqual([['waymark.traffic', 'bench']]);
  expect(Object.isFrozen(baggage)).toBe(true);
  expect(RequestContext.current().baggage()['constructor']).toBeUndefined();
});

test('it is in no header and on no span', async () => {
  const headers = await RequestContext.current()
    .with(USER, ada)
    .run(async () => span('request', () => inject()));
  const [only] = await recorded.take(1);
  expect(Object.keys(headers)).toEqual(['traceparent']);
  expect(JSON.stringify(only?.attributes)).not.toContain('ada');
});
