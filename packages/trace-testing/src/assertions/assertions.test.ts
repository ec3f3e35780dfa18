import { expect, test } from '@jest/globals';
import { calls } from './calls.ts';
import { hasCriticalPath } from './has-critical-path.ts';
import { hasDuration } from './has-duration.ts';
import { hasNoErrors } from './has-no-errors.ts';
import { hasServices } from './has-services.ts';
import { hasSpan } from './has-span.ts';
import { isComplete } from './is-complete.ts';
import { linksTo } from './links-to.ts';
import { holds, holdsNot, type Outcome } from './outcome.ts';
import { order } from '../testing/order.ts';
import { newTraceId, otlp, traceOf } from '../testing/spans.ts';
import type { SpanQuery } from './span-query.ts';

const event = { name: 'exception', attributes: { 'exception.type': 'Error', 'exception.message': 'connection lost' } };
const target = { traceId: newTraceId(), spanId: '00f067aa0ba902b7' };
const good = traceOf(otlp(order()));
const bad = traceOf(otlp(order({ status: 500, failed: { error: 'out of reach', events: [event], links: [target] } })));
const short = traceOf(otlp(order()).filter(({ span }) => span.name !== 'INSERT orders'));

test.each<[string, Outcome]>([
  ['isComplete', isComplete(good)],
  ['hasSpan by service', hasSpan(good, { service: 'order' }, { exactly: 3 })],
  ['hasSpan by name', hasSpan(good, { name: /^INSERT/ })],
  ['hasSpan by kind', hasSpan(good, { kind: 'SERVER' }, { atLeast: 2 })],
  ['hasSpan by attributes', hasSpan(good, { attributes: { 'http.response.status_code': 201, 'url.path': /orders$/ } })],
  ['hasSpan by status', hasSpan(bad, { status: 'ERROR' }, { atMost: 2 })],
  ['hasSpan by event', hasSpan(bad, { events: ['exception'] })],
  ['hasSpan by event with attributes', hasSpan(bad, { events: [{ name: 'exception', attributes: { 'exception.type': 'Error' } }] })],
  ['hasNoErrors', hasNoErrors(good)],
  ['hasDuration', hasDuration(good, { name: /^INSERT/ }, { atMost: 1, atLeast: 1 })],
  ['hasServices', hasServices(good, ['order', 'gateway'])],
  ['hasCriticalPath', hasCriticalPath(good, 'gateway POST /v1/orders\norder POST /orders 201\norder INSERT orders')],
  ['calls a service', calls(good, 'gateway', 'order')],
  ['calls a database', calls(good, 'order', 'postgresql/order')],
  ['linksTo a trace', linksTo(bad, { traceId: target.traceId })],
  ['linksTo a span', linksTo(bad, target)],
])('%s holds, and its opposite does not', (_, outcome) => {
  expect(() => holds(outcome)).not.toThrow();
  expect(() => holdsNot(outcome)).toThrow(/^expected the opposite, but/);
});

test.each<[string, Outcome, RegExp]>([
  [
    'isComplete',
    isComplete(traceOf([...otlp(order()), ...otlp(order())].map((one) => ({ ...one, span: { ...one.span, traceId: 'a'.repeat(32) } })))),
    /is broken: .*root-several/,
  ],
  [
    'a name',
    hasSpan(good, { service: 'order', name: 'POST /order' }),
    /a span with\n {2}service {2}order\n {2}name +POST \/order\nbut none of the 5 spans of trace \w+ matches. The most similar:\n(.*\n)*? {2}order SERVER POST \/orders 201\n {4}name is POST \/orders, not POST \/order/,
  ],
  [
    'an attribute',
    hasSpan(good, { attributes: { 'http.response.status_code': '201' } }),
    /http\.response\.status_code is 201 \(number\), not "201"/,
  ],
  [
    'a duration',
    hasDuration(good, { service: 'order' }, { atMost: 2 }),
    /^expected at most 2 ms, but 1 of 3 spans in trace \w+ took\n +5\.00 ms {2}order SERVER POST \/orders 201$/,
  ],
  ['a duration of nothing', hasDuration(good, { name: 'SELECT users' }, { atMost: 2 }), /but none of the 5 spans .* matches\./],
  [
    'services',
    hasServices(good, ['gateway', 'ordr', 'inventory']),
    /^ordr \(did you mean order\?\), inventory do not take part in trace \w+; these do: gateway, order$/,
  ],
  ['an event', hasSpan(bad, { events: ['retry'] }), /event retry is missing; there are exception/],
  [
    'an event attribute',
    hasSpan(bad, { events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }] }),
    /event exception: exception.type is Error, not TypeError/,
  ],
  [
    'exactly',
    hasSpan(good, { service: 'order' }, { exactly: 2 }),
    /expected exactly 2 spans with\n {2}service {2}order\nbut there are 3:\n {2}order SERVER/,
  ],
  ['at most', hasSpan(good, { service: 'order' }, { atMost: 0 }), /at most 0 spans/],
  [
    'hasNoErrors',
    hasNoErrors(bad),
    /^2 of the 5 spans of trace \w+ have an error:\n {2}order SERVER POST \/orders 500 ERROR\n {4}out of reach\n {4}Error: connection lost/,
  ],
  ['a path without the span', hasCriticalPath(good, 'auth POST /x'), /but the trace has no span like this\.\nthe critical path/],
  [
    'a path in another order',
    hasCriticalPath(good, 'order POST /orders\ngateway POST /v1/orders'),
    /on the path, but before the previous line/,
  ],
  [
    'calls',
    calls(good, 'order', 'auth'),
    /expected a call order → auth. auth is not in the trace. In trace \w+ the calls are\n(.*\n)*? {2}gateway → order/,
  ],
  ['linksTo without links', linksTo(good, target), /but in trace \w+ no span has a link/],
  ['linksTo another', linksTo(bad, { traceId: 'f'.repeat(32) }), /the links are\n {2}order SERVER .* → span 00f067aa0ba902b7 of trace/],
])('%s fails, and says why', (_, outcome, message) => {
  expect(() => holds(outcome)).toThrow(message);
  expect(() => holdsNot(outcome)).not.toThrow();
});

test.each<[string, Outcome]>([
  ['hasSpan exactly', hasSpan(short, { name: 'SELECT orders' }, { exactly: 1 })],
  ['hasSpan at most', hasSpan(short, { name: 'INSERT orders' }, { atMost: 0 })],
  ['hasNoErrors', hasNoErrors(short)],
  ['hasCriticalPath', hasCriticalPath(short, 'gateway POST /v1/orders')],
  ['isComplete', isComplete(short)],
])('%s cannot be told of an incomplete trace, nor can its opposite', (_, outcome) => {
  expect(() => holds(outcome)).toThrow(/^cannot tell: trace \w+ is not complete.*\n {2}1 of the 3 spans of order `POST \/orders`/);
  expect(() => holdsNot(outcome)).toThrow(/^cannot tell/);
});

test('in an incomplete trace, the absence of something cannot be checked', () => {
  for (const outcome of [hasSpan(short, { name: 'INSERT orders' }), calls(short, 'order', 'auth'), linksTo(short, target)])
    expect(() => holdsNot(outcome)).toThrow(/^cannot tell/);
});

test('a misspelt or empty query is rejected', () => {
  expect(() => hasSpan(good, { nmae: 'x' } as SpanQuery)).toThrow(/"nmae" is not a criterion for spans; use service, name/);
  expect(() => hasSpan(good, {})).toThrow(/the query is empty; use service/);
  expect(() => hasCriticalPath(good, ' ')).toThrow(/is empty/);
});
