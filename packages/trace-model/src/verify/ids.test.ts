import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { span, trace, TRACE_ID } from '../testing/span.ts';
import { verify } from './verify.ts';

test('two spans of one id are found; whether they are the same span tells why', () => {
  expect(codes({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1, name: 'other' })).toEqual(['span-id-duplicate 2 2']);
  expect(found({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1 })[0]?.cause).toMatch(/exported twice/);
  expect(found({ n: 1 }, { n: 2, parent: 1 }, { n: 2, parent: 1, name: 'other' })[0]?.cause).toMatch(/used again/);
});

test.each(['', 'abc', '0'.repeat(16), 'C000000000000001', 'not hex, 16 long'])('the span id %j is malformed', (spanId) => {
  expect(codes({ n: 1 }, { n: 2, parent: 1, spanId })).toEqual([expect.stringMatching(/^span-id-malformed/)]);
});

test('a malformed parent id is found beside the orphan it makes', () => {
  const child = { ...span({ n: 2 }), parentSpanId: 'xyz' };
  expect(verify(trace(span({ n: 1 }), child)).map(({ code }) => code)).toEqual(['orphan', 'span-id-malformed']);
});

test('a malformed trace id is found, and spans of another trace', () => {
  const short = { ...span({ n: 1 }), traceId: 'abc' };
  expect(verify(trace(short))).toMatchObject([{ code: 'trace-id-malformed', severity: 'error' }]);
  expect(verify({ traceId: TRACE_ID, spans: [span({ n: 1 }), { ...span({ n: 2, parent: 1 }), traceId: 'f'.repeat(32) }] })).toMatchObject([
    { code: 'trace-id-mixed', spanIds: ['0000000000000002'] },
  ]);
});
