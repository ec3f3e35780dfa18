import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { annotate, fail, failActive, span } from './span.ts';
import { exceptions, named, recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const boom = (): Promise<never> => Promise.reject(new RangeError('too far'));

const branch = (name: string): Promise<void> =>
  span(name, async () => {
    await Promise.resolve();
    await span(`${name} leaf`, async () => annotate({ branch: name }));
  });

test('nested tasks are children of each other, each ended once, and none failed', async () => {
  const answer = await span('A', () => span('B', () => span('C', () => 42)));

  const spans = await recorded.take(3);
  const [c, b, a] = spans;
  expect(answer).toBe(42);
  expect(spans.map(({ name }) => name)).toEqual(['C', 'B', 'A']);
  expect(c?.parentSpanContext?.spanId).toBe(b?.spanContext().spanId);
  expect(b?.parentSpanContext?.spanId).toBe(a?.spanContext().spanId);
  expect(a?.parentSpanContext).toBeUndefined();
  expect(spans.map(({ status }) => status.code)).toEqual([0, 0, 0]);
});

test('an error is recorded once, where it was thrown, and fails each span that it passes', async () => {
  const run = span('A', () => span('B', () => span('C', boom)));

  await expect(run).rejects.toThrow(new RangeError('too far'));
  const spans = await recorded.take(3);
  expect(spans.map(exceptions)).toEqual([['too far'], [], []]);
  for (const { status, attributes } of spans) {
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'too far' });
    expect(attributes['error.type']).toBe('RangeError');
  }
});

test('an error that is handled on the way fails only the spans below', async () => {
  await span('A', () => span('B', () => span('C', boom)).catch(() => 'handled'));

  const spans = await recorded.take(3);
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    ['C', SpanStatusCode.ERROR],
    ['B', SpanStatusCode.ERROR],
    ['A', SpanStatusCode.UNSET],
  ]);
});

test('one error thrown in two traces is recorded in both', async () => {
  const shared = new Error('not connected');
  const broken = (): Promise<never> => span('query', () => Promise.reject(shared));

  await expect(span('first', broken)).rejects.toBe(shared);
  await expect(span('second', broken)).rejects.toBe(shared);
  const spans = await recorded.take(4);
  expect(spans.map((one) => [one.name, exceptions(one)])).toEqual([
    ['query', ['not connected']],
    ['first', []],
    ['query', ['not connected']],
    ['second', []],
  ]);
});

test('a synchronous throw becomes a rejection, and the span ends', async () => {
  const run = span('sync', () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  });

  await expect(run).rejects.toThrow('no such file');
  const [only] = await recorded.take(1);
  expect(only?.ended).toBe(true);
  expect(only?.attributes['error.type']).toBe('ENOENT');
  expect(trace.getActiveSpan()).toBeUndefined();
});

test('whatever is thrown comes out as it went in, and ends the span as failed', async () => {
  const frozen = Object.freeze(new Error('frozen'));
  const property = fc.asyncProperty(fc.oneof(fc.anything({ withNullPrototype: true }), fc.constant(frozen)), async (thrown) => {
    const caught = await span('any', () => Promise.reject(thrown)).catch((error: unknown) => [error]);

    const [only] = await recorded.take(1);
    expect(Object.is(caught[0], thrown)).toBe(true);
    expect(only?.status.code).toBe(SpanStatusCode.ERROR);
    expect(exceptions(only!)).toHaveLength(1);
  });
  await fc.assert(property, { examples: [[Symbol('odd')], [undefined], [null], [''], [Object.create(null)], ['text']] });
});

test('a thrown object that is no error is recorded once, and does not put its content on the span', async () => {
  const secret = { token: 'tell-no-one' };

  await expect(span('A', () => span('B', () => Promise.reject(secret)))).rejects.toBe(secret);
  const spans = await recorded.take(2);
  expect(spans.map((one) => exceptions(one).length)).toEqual([1, 0]);
  expect(JSON.stringify(spans.map(({ events, status }) => [events, status]))).not.toContain('tell-no-one');
});

test('in a fan-out each branch keeps its own parent', async () => {
  const names = ['a', 'b', 'c', 'd'];

  await span('root', () => Promise.all(names.map(branch)));

  const spans = await recorded.take(9);
  for (const name of names) {
    const leaf = named(spans, `${name} leaf`);
    expect(leaf.attributes['branch']).toBe(name);
    expect(leaf.parentSpanContext?.spanId).toBe(named(spans, name).spanContext().spanId);
    expect(named(spans, name).parentSpanContext?.spanId).toBe(named(spans, 'root').spanContext().spanId);
  }
});

test('when one branch of a fan-out fails, its error is recorded on it alone and the others are whole', async () => {
  await expect(span('root', () => Promise.all([span('good', () => 1), span('bad', boom)]))).rejects.toThrow('too far');

  const spans = await recorded.take(3);
  expect(named(spans, 'good').status.code).toBe(SpanStatusCode.UNSET);
  expect(exceptions(named(spans, 'bad'))).toEqual(['too far']);
  expect(exceptions(named(spans, 'root'))).toEqual([]);
});

test('kind, attributes and links are those asked for', async () => {
  const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } };

  await span('charge', () => 'ok', { kind: SpanKind.CLIENT, attributes: { amount: 3 }, links: [link] });

  const [only] = await recorded.take(1);
  expect(only).toMatchObject({ kind: SpanKind.CLIENT, attributes: { amount: 3 }, links: [link] });
});

test('an error that comes too late for its own span is recorded on the next', async () => {
  const late = new Error('late');
  const run = span('outer', async () => {
    const inner = await span('inner', (self) => self);
    fail(inner, late);
    throw late;
  });

  await expect(run).rejects.toBe(late);
  const [inner, outer] = await recorded.take(2);
  expect(inner?.status.code).toBe(SpanStatusCode.UNSET);
  expect(exceptions(outer!)).toEqual(['late']);
});

test('the active span can be failed from within, and outside of any span that does nothing', async () => {
  failActive(new Error('nobody listens'));
  annotate({ lost: true });
  await span('inner', () => failActive(new TypeError('handled, yet a failure')));

  const [only] = await recorded.take(1);
  expect(only?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'handled, yet a failure' });
});

test('a lazy thenable does its work inside the span that returns it', async () => {
  // oxlint-disable-next-line unicorn/no-thenable -- as query builders have it
  const query = { then: async (done: (value: unknown) => void) => done(await span('SELECT', () => undefined)) };
  await span('read', () => query);
  const [inner, outer] = await recorded.take(2);
  expect(inner).toMatchObject({ name: 'SELECT', parentSpanContext: { spanId: outer?.spanContext().spanId } });
});
