import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { span, trace, TRACE_ID } from '../testing/span.ts';
import type { SpanParts } from '../testing/span.ts';
import type { Span } from '../trace.ts';
import { verify } from './verify.ts';

test('two different spans with one id are found, with their differences', () => {
  const other = { name: 'other', error: true, attributes: { 'shop.sku': 'lamp' }, ms: [0, 9] } as const;
  expect(codes({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1, name: 'other' })).toEqual(['span-id-duplicate 2 2']);
  expect(found({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1, ...other })[0]).toMatchObject({
    severity: 'error',
    message: expect.stringMatching(/^2 spans share the id 0000000000000002: .* They differ in name, end, status, attribute shop\.sku\.$/),
    cause: expect.stringMatching(/reused/),
  });
  expect(found({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1, ms: [0, 9] })[0]?.cause).toMatch(/exported twice and changed in between/);
});

const resource = (host: string): Span['resource'] => ({
  attributes: { 'service.name': 'shop', 'host.name': host },
  droppedAttributes: 0,
  schemaUrl: '',
});

test.each<[Omit<SpanParts, 'n'>, name: string]>([
  [{ parent: 9 }, 'parent'],
  [{ kind: 'SERVER' }, 'kind'],
  [{ ms: [1, 10] }, 'start'],
  [{ traceState: 'a=b' }, 'trace state'],
  [{ flags: 0 }, 'flags'],
  [{ links: [1] }, 'links'],
  [{ events: [{ time: 1n, name: 'e', attributes: {}, droppedAttributes: 0 }] }, 'events'],
  [{ dropped: { attributes: 1, events: 0, links: 0 } }, 'dropped counts'],
  [{ scope: { name: 'lib', version: '', attributes: {}, droppedAttributes: 0, schemaUrl: '' } }, 'scope'],
  [{ attributes: { n: 1n } }, 'attribute n'],
  [{ attributes: { n: 1 } }, 'attribute n'],
  [{ attributes: { zero: -0 } }, 'attribute zero'],
  [{ resource: resource('b') }, 'resource attribute host.name'],
])('a copy that differs in %j is another span', (change, name) => {
  const same = { n: 2, parent: 1, ms: [0, 10], attributes: { n: '1', zero: 0 }, resource: resource('a') } as const;
  const changed = { ...same, ...change, attributes: { ...same.attributes, ...change.attributes } };
  const duplicate = found({ n: 1 }, same, changed).find(({ code }) => code === 'span-id-duplicate');
  expect(duplicate?.message).toMatch(new RegExp(`They differ in ${name}\\.$`));
});

test('identical copies count as one span and are one note', () => {
  const one: SpanParts = { n: 2, parent: 1, attributes: { list: [1n, 'a'], map: { b: true, a: null } } };
  const reordered: SpanParts = { ...one, attributes: { map: { a: null, b: true }, list: [1n, 'a'] } };
  expect(found({ n: 1 }, one, reordered)).toEqual([
    {
      code: 'span-delivered-twice',
      severity: 'note',
      message: '1 span was delivered twice: shop "span 2" (0000000000000002).',
      cause: expect.stringMatching(/sent the spans again/),
      spanIds: ['0000000000000002'],
    },
  ]);
  expect(found({ n: 1 }, { n: 1 }, one, one, one)[0]?.message).toMatch(/^2 spans were delivered up to 3 times: /);
});

test.each(['', 'abc', '0'.repeat(16), 'C000000000000001', 'not hex, 16 long'])('the span id %j is malformed', (spanId) => {
  expect(codes({ n: 1 }, { n: 2, parent: 1, spanId })).toEqual([expect.stringMatching(/^span-id-malformed/)]);
});

test('a malformed parent id and the resulting orphan are found', () => {
  const child = { ...span({ n: 2 }), parentSpanId: 'xyz' };
  expect(verify(trace(span({ n: 1 }), child)).map(({ code }) => code)).toEqual(['orphan', 'span-id-malformed']);
});

test('a malformed trace id and spans of another trace are found', () => {
  const short = { ...span({ n: 1 }), traceId: 'abc' };
  expect(verify(trace(short))).toMatchObject([{ code: 'trace-id-malformed', severity: 'error' }]);
  expect(verify({ traceId: TRACE_ID, spans: [span({ n: 1 }), { ...span({ n: 2, parent: 1 }), traceId: 'f'.repeat(32) }] })).toMatchObject([
    { code: 'trace-id-mixed', spanIds: ['0000000000000002'] },
  ]);
});
