import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { ROOT } from './linked-context.ts';
import { AsyncContextManager } from './context-manager.ts';

const manager = new AsyncContextManager();
const NAME = createContextKey('name');
const named = (name: string): typeof ROOT_CONTEXT => ROOT_CONTEXT.setValue(NAME, name);
const active = (): unknown => manager.active().getValue(NAME);

test('a context is active in everything that its function starts, and nowhere else', async () => {
  const seen = await manager.with(named('one'), async () => {
    const inner = manager.with(named('two'), active);
    await setImmediate();
    return [inner, active()];
  });
  expect(seen).toEqual(['two', 'one']);
  expect(manager.active()).toBe(ROOT);
});

test('a bound function keeps its context, receiver, parameters and length', () => {
  const counter = {
    count: 7,
    add(this: { count: number }, one: number, other: number) {
      return [this.count + one + other, active()];
    },
  };
  const bound = manager.bind(named('one'), counter.add);
  expect(bound.call({ count: 1 }, 2, 3)).toEqual([6, 'one']);
  expect(bound).toHaveLength(2);
});

test('listeners of a bound emitter run in its context and can be removed', () => {
  const emitter = manager.bind(named('one'), new EventEmitter());
  const heard: unknown[] = [];
  const always = (): unknown => heard.push(['always', active()]);
  const once = (): unknown => heard.push(['once', active()]);
  const never = (): unknown => heard.push('never');
  emitter.on('tick', always).once('tick', once).prependOnceListener('tick', never).addListener('tick', never);
  emitter.off('tick', never).removeListener('tick', never);
  manager.with(named('two'), () => emitter.emit('tick'));
  emitter.emit('tick');
  emitter.off('tick', always).emit('tick');
  expect(heard).toEqual([
    ['always', 'one'],
    ['once', 'one'],
    ['always', 'one'],
  ]);
  expect(emitter.listenerCount('tick')).toBe(0);
});

test('binding anything else returns it unchanged', () => {
  const given = { a: 1 };
  expect(manager.bind(named('one'), given)).toBe(given);
});
