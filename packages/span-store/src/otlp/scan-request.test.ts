import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { attribute, request, span } from '../testing/otlp.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { Malformed } from './malformed.ts';
import { scanRequest } from './scan-request.ts';
import { ExportRequest, ResourceSpans, ScopeSpans } from './schema.ts';

const LIMITS = { maxSpans: 100, maxAttributeBytes: 1000, maxSpanBytes: 10_000, maxOriginBytes: 10_000 };
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)] as const;
const scan = (json: object): ReturnType<typeof scanRequest> => scanRequest(encode(ExportRequest, json), LIMITS);
const NAME = attribute('service.name', { stringValue: 's' });

test('spans are sorted by trace and stay encoded', () => {
  const scanned = scan(
    request([NAME], [span(ONE, 1, { name: 'a', kind: 2 }), span(TWO, 2, { name: 'b' }), span(ONE, 3, { name: 'a', kind: 3 })]),
  );
  const [scope] = scanned.scopes;
  const found = [...(scope?.traces ?? [])].map(([trace, ranges]) => {
    const bytes = Buffer.alloc(ranges.bytes);
    ranges.copy(scanned.body, bytes, 0);
    return [
      Buffer.from(trace, 'latin1').toString('hex'),
      (decode(ScopeSpans, bytes)['spans'] as { spanId: string }[]).map(({ spanId }) => spanId),
    ];
  });
  expect(found).toEqual([
    [ONE, ['0000000000000001', '0000000000000003']],
    [TWO, ['0000000000000002']],
  ]);
  expect([...(scope?.operations ?? [])]).toEqual([
    ['a', 0b1100],
    ['b', 0b1],
  ]);
});

test('a resource after its spans counts like one before them', () => {
  const encoded = encode(ExportRequest, {
    resourceSpans: [{ scopeSpans: [{ spans: [span(ONE, 1, { name: 'a' })] }], resource: { attributes: [NAME] } }],
  });
  expect(scanRequest(encoded, LIMITS).scopes[0]?.resource.includes('service.name')).toBe(true);
});

test('spans without ids are rejected, the others are not', () => {
  const spans = [span('0'.repeat(32), 1, { name: 'a' }), span('', 1, { name: 'a' }), span(ONE, 0, { name: 'a' })];
  const scanned = scan(request([NAME], [...spans, span(ONE, 9, { name: 'fine' })]));
  expect([...scanned.rejected]).toEqual([['without trace id or span id', 3]]);
  expect(scanned.scopes[0]?.traces.size).toBe(1);
});

const long = attribute('long', { stringValue: 'x'.repeat(2_000) });

test('attributes that are too large are cut, wherever they are, and named beside what is left of them', () => {
  const events = [{ name: 'e', attributes: [NAME, long] }, { name: 'f' }];
  const links = [{ traceId: TWO, spanId: '02'.repeat(8), attributes: [long] }];
  const json = {
    resourceSpans: [
      {
        resource: { attributes: [NAME, long] },
        scopeSpans: [
          {
            scope: { name: 'lib', attributes: [long] },
            spans: [span(ONE, 1, { name: 'a', attributes: [long], events, links }), span(ONE, 2, { name: 'b' })],
          },
        ],
      },
    ],
  };
  const scanned = scan(json);
  expect([scanned.truncated, scanned.rejected.size]).toEqual([5, 0]);
  const [scope] = scanned.scopes;
  const ranges = scope?.traces.get(Buffer.from(ONE, 'hex').toString('latin1'));
  const bytes = Buffer.alloc(ranges?.bytes ?? 0);
  ranges?.copy(scanned.body, bytes, 0);
  const cut = [
    { key: 'long', value: { stringValue: expect.stringMatching(/^x{960,}$/) } },
    { key: 'waymark.truncated', value: { arrayValue: { values: [{ stringValue: 'long' }] } } },
  ];
  expect(decode(ResourceSpans, scope?.resource ?? bytes)).toMatchObject({ resource: { attributes: [NAME, ...cut] } });
  expect(decode(ScopeSpans, scope?.scope ?? bytes)).toMatchObject({ scope: { name: 'lib', attributes: cut } });
  expect((decode(ScopeSpans, bytes)['spans'] as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    {
      name: 'a',
      attributes: cut,
      events: [{ attributes: [NAME, ...cut] }, { name: 'f' }],
      links: [{ spanId: '02'.repeat(8), attributes: cut }],
    },
    { name: 'b' },
  ]);
});

/** So many attributes of 900 bytes each, none of which is too large by itself. */
const many = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => attribute(`some ${index}`, { stringValue: 'y'.repeat(900) }));

test('a span that is too large has all its attributes cut short; one that is too large even so is rejected, and the others are not', () => {
  const spans = [20, 300, 2].map((count, index) => span(ONE, index + 1, { name: 'a', attributes: many(count) }));
  const scanned = scan(request([NAME], spans));
  expect([scanned.truncated, [...scanned.rejected]]).toEqual([20, [['larger than 10000 bytes', 1]]]);
  const ranges = scanned.scopes[0]?.traces.get(Buffer.from(ONE, 'hex').toString('latin1'));
  const bytes = Buffer.alloc(ranges?.bytes ?? 0);
  ranges?.copy(scanned.body, bytes, 0);
  const [whole, cut] = decode(ScopeSpans, bytes)['spans'] as [object, { attributes: { key: string }[] }];
  expect(whole).toMatchObject({ attributes: many(2) });
  expect(cut.attributes.map(({ key }) => key)).toEqual([...many(20).map((one) => (one as { key: string }).key), 'waymark.truncated']);
});

test('a resource that is too large is cut like a span; the request is refused when that does not help', () => {
  const spans = [span(ONE, 1, { name: 'a' })];
  expect(scan(request(many(20), spans))).toMatchObject({ truncated: 20, spans: 1 });
  expect(() => scan(request(many(300), spans))).toThrow('a resource or scope is larger than 10000 bytes');
});

test('more spans than allowed are refused', () => {
  const spans = Array.from({ length: 101 }, (_, index) => span(ONE, index + 1, { name: 'a' }));
  expect(() => scan(request([], spans))).toThrow('the request has more than 100 spans; send smaller batches');
});

const nested = (depth: number): object => (depth === 0 ? {} : { arrayValue: { values: [nested(depth - 1)] } });

test('values nested without end are refused', () => {
  // Every list is two messages deep. By hand, because the encoder refuses it as well.
  let bytes = Buffer.alloc(0);
  const wrap = (tag: number): void =>
    void (bytes = Buffer.concat([Buffer.from([tag, (bytes.length & 0x7f) | 0x80, bytes.length >> 7]), bytes]));
  for (let depth = 0; depth < 100; depth++) for (const tag of [0x0a, 0x2a]) wrap(tag);
  for (const tag of [0x12, 0x4a, 0x12, 0x12, 0x0a]) wrap(tag);
  expect(() => scanRequest(bytes, LIMITS)).toThrow('nested deeper than 64 levels');
  expect(() => scan(request([], [span(ONE, 1, { name: 'a', attributes: [attribute('deep', nested(100))] })]))).toThrow(
    'nested deeper than 64 levels',
  );
});

test.each([
  ['0a05', 'a field has a length of 5 bytes, but only 0 remain'],
  ['0affffffff0f', 'a field has a length of 4294967295 bytes'],
  ['08', 'ExportTraceServiceRequest.resourceSpans is not a message'],
  ['00', '0 is not a valid field number'],
  ['0b', 'is not a message'],
  ['13', 'wire type 3'],
  ['ffffffffffffffffffffff', 'a number is longer than ten bytes'],
  ['0a0212', 'a field has a length of'],
  ['0a06120412020a01', 'a field has a length of'],
  ['0a06120412020a05', 'a field has a length of'],
  ['0a08120612040a020102', 'traceId should have 16 bytes, but has 2'],
  ['0a0612041202080a', 'Span.traceId has wire type 0 instead of 2'],
])('%s is malformed: %s', (hex, message) => {
  expect(() => scanRequest(Buffer.from(hex, 'hex'), LIMITS)).toThrow(message);
});

test('damaged requests are malformed or can be decoded to the last byte', () => {
  const whole = encode(
    ExportRequest,
    request(
      [NAME],
      [span(ONE, 1, { name: 'a', kind: 2, attributes: [NAME], events: [{ name: 'e' }] }), span(TWO, 2, { name: 'b', parent: 1 })],
    ),
  );
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const body = Buffer.from(whole.subarray(0, length || whole.length));
      for (const [at, byte] of changes) if (at < body.length) body[at] = byte;
      expect(outcome(body)).toBe('fine');
    }),
    { numRuns: 2000 },
  );
});

function outcome(body: Buffer): string {
  try {
    scanRequest(body, LIMITS);
  } catch (error) {
    return error instanceof Malformed ? 'fine' : String(error);
  }
  decode(ExportRequest, body);
  return 'fine';
}
