import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { bind } from './bind.ts';
import { contextKey, RequestContext } from './request-context.ts';
import { span } from './span.ts';
import { named, recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const USER = contextKey<string>('user');

test('a bound listener runs as part of what bound it, one that is not as part of what emits', async () => {
  const emitter = new EventEmitter();
  const done: Promise<unknown>[] = [];
  const note = (name: string) => () => void done.push(span(name, () => RequestContext.current().get(USER)));
  await span('request', () =>
    RequestContext.current()
      .with(USER, 'ada')
      .run(() => {
        emitter.on('tick', bind(note('bound')));
        emitter.on('tick', note('loose'));
      }),
  );
  await span('emitter', () => emitter.emit('tick'));

  expect(await Promise.all(done)).toEqual(['ada', undefined]);
  const spans = await recorded.take(4);
  const parentOf = (name: string): string | undefined => named(spans, name).parentSpanContext?.spanId;
  expect(parentOf('bound')).toBe(named(spans, 'request').spanContext().spanId);
  expect(parentOf('loose')).toBe(named(spans, 'emitter').spanContext().spanId);
});

test('parameters, result and `this` are those of the function', () => {
  const shop = {
    name: 'Waymark',
    label: bind(function label(this: { name: string }, count: number): string {
      return `${this.name} ${count}`;
    }),
  };
  expect(shop.label(3)).toBe('Waymark 3');
  // @ts-expect-error a number it is
  expect(shop.label('3')).toBe('Waymark 3');
  expect(() =>
    bind(() => {
      throw new RangeError('its own');
    })(),
  ).toThrow('its own');
});
