import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { messaging } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

test.each<[string, readonly Parts[], readonly string[]]>([
  ['one root', [{ n: 1 }, { n: 2, parent: 1 }], []],
  ['no spans', [], []],
  ['two roots', [{ n: 1 }, { n: 2 }], ['root-several 1 2']],
  ['an orphan beside the root', [{ n: 1 }, { n: 2, parent: 9 }], ['orphan 2']],
  ['no root, one orphan', [{ n: 1, parent: 9 }], ['root-missing', 'orphan 1']],
  ['a cycle', [{ n: 1 }, { n: 2, parent: 3 }, { n: 3, parent: 2 }], ['cycle 2']],
  [
    'a caller outside',
    [
      { n: 1, parent: 9, kind: 'SERVER' },
      { n: 2, parent: 1 },
    ],
    ['[parent-outside 1]'],
  ],
  ['a producer outside', [{ n: 1, parent: 9, kind: 'CONSUMER', attributes: messaging('17') }], ['[parent-outside 1]']],
  [
    'two callers outside',
    [
      { n: 1, parent: 8, kind: 'SERVER' },
      { n: 2, parent: 9, kind: 'SERVER' },
    ],
    ['root-missing', 'orphan 1', 'orphan 2'],
  ],
])('%s', (_name, spans, expected) => {
  expect(codes(...spans)).toEqual(expected);
});

test('the message names service and span, and the cause depends on the kind', () => {
  const [server] = found({ n: 1 }, { n: 2, parent: 9, kind: 'SERVER', service: 'order', name: 'POST /orders' });
  expect(server).toMatchObject({
    message: 'order "POST /orders" (0000000000000002) is an orphan: its parent 0000000000000009 is not in the trace.',
    cause: expect.stringMatching(/caller's span was not exported/),
  });
  expect(found({ n: 1 }, { n: 2, parent: 9 })[0]?.cause).toMatch(/never ended/);
});

test('a long name is cut, and control characters are replaced', () => {
  const [finding] = found({ n: 1 }, { n: 2, parent: 9, service: 'a\u001b[2J', name: 'x'.repeat(500) });
  expect(finding?.message).toContain(`a�[2J "${'x'.repeat(79)}…" (`);
});

test('a call that begins a trace is a finding only if its process has a manifest', () => {
  const call = { n: 1, kind: 'CLIENT', attributes: { 'db.system.name': 'postgresql', 'waymark.segment.spans': 1n } } as const;
  expect(codes(call)).toEqual(['[root-client 1]']);
  expect(codes({ ...call, attributes: { 'db.system.name': 'postgresql' } })).toEqual([]);
  expect(codes({ ...call, kind: 'INTERNAL' })).toEqual([]);
});
