import { expect, test } from '@jest/globals';
import everyType from '../fixtures/every-type.jaeger-v1.json' with { type: 'json' };
import orderV1 from '../fixtures/order.jaeger-v1.json' with { type: 'json' };
import order from '../fixtures/order.otlp.json' with { type: 'json' };
import type { Span } from '../trace.ts';
import { readJaegerV1 } from './jaeger-v1.ts';
import { readOtlp } from './otlp.ts';

const microseconds = (time: bigint): bigint => (time / 1000n) * 1000n;

/** Removes what v1 cannot express: nanoseconds, flags, dropped counts, and attributes of links. */
const said = ({ start, end, flags: _flags, dropped: _dropped, links, scope, resource: _resource, ...rest }: Span): object => ({
  ...rest,
  start,
  duration: microseconds(end - start),
  links: links.map(({ spanId }) => spanId),
  scope: scope.name,
});

test('the order trace is the same from v1 and from OTLP, except for what v1 cannot express', () => {
  expect(readJaegerV1(orderV1.data[0])[0]?.spans.map(said)).toEqual(readOtlp(order)[0]?.spans.map(said));
});

test('tags that stand for fields become fields, and other tags keep their types', () => {
  const [first] = readJaegerV1(everyType.data[0])[0]?.spans ?? [];
  expect(first).toMatchObject({
    kind: 'INTERNAL',
    status: { code: 'ERROR', message: 'boom' },
    traceState: 'a=1,b=2',
    scope: { name: 'sink', version: '1.2.3' },
    resource: { attributes: { 'service.name': 'kitchen', 'process.pid': 7n } },
    dropped: { attributes: 0, events: 0, links: 0 },
    links: [{ traceId: '8'.repeat(32), spanId: '2000000000000002' }],
    events: [{ name: 'exception', time: 1763800000124000000n, attributes: { 'exception.message': 'boom' } }, { name: 'plain' }],
  });
  expect({ ...first?.attributes }).toEqual({
    string: 'héllo',
    bool: false,
    int: 42n,
    'int.big': 9007199254740993n,
    'int.negative': -5n,
    double: 1.5,
    'double.whole': 3,
    bytes: new Uint8Array([0, 1, 255]),
    array: '["a",1,true]',
    map: '{"inner":"x","n":1}',
    empty: '',
    'string.empty': '',
  });
});

test('a status of OK is kept', () => {
  expect(readJaegerV1(everyType.data[0])[0]?.spans.find((span) => span.name === 'ok child')?.status.code).toBe('OK');
});

test('warnings of Jaeger are kept', () => {
  const orphan = readJaegerV1(everyType.data[0])[0]?.spans.find((span) => span.name === 'orphan');
  expect(orphan?.attributes['@jaeger@warnings']).toContainEqual(expect.stringContaining('9999999999999999'));
});

const legacy = (span: object): Span | undefined =>
  readJaegerV1({ spans: [{ traceID: 'ab', spanID: 'c', processID: 'p', ...span }], processes: { p: { serviceName: 's' } } })[0]?.spans[0];

test('short ids of older Jaeger versions are padded with zeros', () => {
  expect(legacy({ references: [{ refType: 'CHILD_OF', traceID: 'ab', spanID: 'd' }] })).toMatchObject({
    traceId: `${'0'.repeat(30)}ab`,
    spanId: '000000000000000c',
    parentSpanId: '000000000000000d',
  });
});

test('a span linked to its own parent keeps its parent, although v1 has one FOLLOWS_FROM for both', () => {
  const span = legacy({ references: [{ refType: 'FOLLOWS_FROM', traceID: 'ab', spanID: 'd' }] });
  expect(span).toMatchObject({ parentSpanId: '000000000000000d', links: [{ spanId: '000000000000000d' }] });
});

test('a link to another trace is not a parent', () => {
  expect(legacy({ references: [{ refType: 'FOLLOWS_FROM', traceID: 'ff', spanID: 'd' }] })).toMatchObject({ parentSpanId: undefined });
});

test('the error tag of OpenTracing sets the status', () => {
  expect(legacy({ tags: [{ key: 'error', type: 'bool', value: true }] })?.status.code).toBe('ERROR');
  expect(legacy({ tags: [{ key: 'error', type: 'string', value: 'true' }] })).toMatchObject({ status: { code: 'ERROR' }, attributes: {} });
  expect(legacy({ tags: [{ key: 'error', type: 'bool', value: false }] })?.status.code).toBe('UNSET');
});

test.each(['constructor', '__proto__', 'sideways'])('the unknown kind %s is UNSPECIFIED', (kind) => {
  expect(legacy({ tags: [{ key: 'span.kind', type: 'string', value: kind }] })?.kind).toBe('UNSPECIFIED');
});

test('a span without a process belongs to unknown_service', () => {
  expect(legacy({ processID: 'nowhere' })?.service).toBe('unknown_service');
});

test('a number can be text, and a value can be missing', () => {
  const tags = [
    { key: 'ratio', type: 'float64', value: '0.5' },
    { key: 'nothing', type: 'string' },
  ];
  expect({ ...legacy({ tags })?.attributes }).toEqual({ ratio: 0.5, nothing: null });
});

test('a span without warnings has no attribute for them', () => {
  expect(legacy({ warnings: [] })?.attributes).not.toHaveProperty('@jaeger@warnings');
});
