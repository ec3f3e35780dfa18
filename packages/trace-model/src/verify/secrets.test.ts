import { expect, test } from '@jest/globals';
import { found } from '../testing/codes.ts';
import { span, trace } from '../testing/span.ts';
import { verify } from './verify.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const email = 'demo@waymark.test';
const event = { time: 0n, name: 'login', attributes: { who: email }, droppedAttributes: 0 };
const scope = { name: '', version: '', attributes: { owner: email }, droppedAttributes: 0, schemaUrl: '' };
const resource = { attributes: { 'service.name': 'shop', owner: email }, droppedAttributes: 0, schemaUrl: '' };
const link = { traceId: '', spanId: '', traceState: '', attributes: { why: email }, droppedAttributes: 0, flags: 0 };

test.each<[string, Partial<Parts>]>([
  ['in who', { attributes: { who: email } }],
  ['in who', { attributes: { who: [{ inner: email }] } }],
  ['in its name', { name: `login ${email}` }],
  ['in its status', { status: { code: 'UNSET', message: email } }],
  ['in its trace state', { traceState: `user=${email}` }],
  ['in event login, who', { events: [event] }],
  ['in the name of an event', { events: [{ ...event, name: email, attributes: {} }] }],
  ['in owner', { scope }],
  ['in owner', { resource }],
])('a secret is found %s', (where, parts) => {
  const [finding, ...more] = found({ n: 1, ...parts });
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ code: 'secret', severity: 'error', spanIds: ['0000000000000001'] });
  expect(finding?.message).toContain(`has what looks like an e-mail address ${where}.`);
});

test('the finding does not repeat the secret', () => {
  const [finding] = found({
    n: 1,
    name: 'charge',
    attributes: { 'http.request.header.authorization': 'hunter2', card: 4111111111111111n },
  });
  expect(JSON.stringify(finding)).not.toMatch(/hunter2|4111/);
});

test('an attribute with a secret name is a finding, unless its value is redacted', () => {
  expect(found({ n: 1, attributes: { 'http.request.header.cookie': ['sid=1'] } })).toMatchObject([{ code: 'secret' }]);
  expect(found({ n: 1, attributes: { 'http.request.header.cookie': 'REDACTED' } })).toEqual([]);
});

test('links are searched too', () => {
  expect(verify(trace({ ...span({ n: 1 }), links: [link] }))[0]?.message).toContain('an e-mail address in a link, why.');
});

test('a span id with only digits is not a card number, in attributes for span ids', () => {
  const id = '4111111111111111';
  const attributes = { 'waymark.peer.span': id, 'waymark.segment.detached': [id, id], span_id: id };
  expect(found({ n: 1, attributes }).filter(({ code }) => code === 'secret')).toEqual([]);
  expect(found({ n: 1, attributes: { card: id } })).toMatchObject([{ code: 'secret' }]);
});
