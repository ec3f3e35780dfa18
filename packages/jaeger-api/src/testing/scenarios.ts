import { readFileSync } from 'node:fs';
import { TIME, attribute, request, span } from '@waymark/span-store/testing';

/** Something that is sent to the trace store and to a real Jaeger alike: an OTLP/JSON request. */
export interface Scenario {
  readonly name: string;
  readonly traceId: string;
  readonly request: object;
}

const fixture = (name: string): object => {
  const file = new URL(`../../../trace-model/src/fixtures/${name}.otlp.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as object;
};

const scenario = (name: string, digit: string, make: (traceId: string) => object): Scenario => {
  const traceId = digit.repeat(32);
  return { name, traceId, request: make(traceId) };
};

const service = (name: string): object[] => [attribute('service.name', { stringValue: name })];

/** The traces that both are asked about. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'order', traceId: '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25', request: fixture('order') },
  { name: 'every attribute type, a duplicate id and an orphan', traceId: '7'.repeat(32), request: fixture('every-type') },
  scenario('error', '1', (traceId) =>
    request(service('till'), [
      span(traceId, 1, { name: 'pay', kind: 2, status: { code: 2, message: 'card refused' } }),
      span(traceId, 2, {
        name: 'POST',
        kind: 3,
        parent: 1,
        status: { code: 2 },
        attributes: [attribute('http.response.status_code', { intValue: '402' })],
        events: [
          {
            timeUnixNano: String(TIME + 5_000_000n),
            name: 'exception',
            attributes: [attribute('exception.message', { stringValue: 'refused <b>' })],
          },
        ],
      }),
      span(traceId, 3, { name: 'log', kind: 1, parent: 1, status: { code: 1 } }),
    ]),
  ),
  scenario('links', '2', (traceId) =>
    request(service('batch'), [
      span(traceId, 1, { name: 'collect', kind: 5 }),
      span(traceId, 2, {
        name: 'process',
        kind: 5,
        parent: 1,
        links: [
          {
            traceId: '1'.repeat(32),
            spanId: '0000000000000001',
            attributes: [attribute('z', { intValue: '1' }), attribute('a', { boolValue: true })],
          },
          { traceId, spanId: '0000000000000001' },
          { traceId: '0000000000000000abcdefabcdefabcd', spanId: '00000000000000ff' },
        ],
      }),
    ]),
  ),
  scenario('duplicate span ids', '3', (traceId) =>
    request(service('twin'), [
      span(traceId, 1, { name: 'root', kind: 2 }),
      span(traceId, 2, { name: 'one', kind: 1, parent: 1 }),
      span(traceId, 2, { name: 'other', kind: 1, parent: 1 }),
      span(traceId, 2, { name: 'one', kind: 1, parent: 1 }),
      span(traceId, 3, { name: 'below', kind: 1, parent: 2 }),
    ]),
  ),
  scenario('orphan', '4', (traceId) =>
    request(service('lost'), [span(traceId, 1, { name: 'root', kind: 2 }), span(traceId, 2, { name: 'stray', kind: 1, parent: 99 })]),
  ),
  scenario('clock skew', '6', (traceId) => ({
    resourceSpans: [
      {
        resource: { attributes: [...service('near'), attribute('host.name', { stringValue: 'a' })] },
        scopeSpans: [{ spans: [span(traceId, 1, { name: 'call', kind: 3 })] }],
      },
      {
        resource: {
          attributes: [...service('far'), attribute('host.name', { stringValue: 'b' })],
        },
        scopeSpans: [
          { scope: { name: 'lib' }, spans: [span(traceId, 2, { name: 'answer', kind: 2, parent: 1, from: -7_500_001n, to: 1_000_000n })] },
          {
            scope: { name: 'lib', version: '2' },
            spans: [span(traceId, 3, { name: 'query', kind: 1, parent: 2, from: -7_000_000n, to: 0n })],
          },
        ],
      },
    ],
  })),
  scenario('nested attributes', '8', (traceId) =>
    request(service('old'), [
      span(traceId, 1, {
        name: 'old',
        attributes: [
          attribute('deep', {
            arrayValue: {
              values: [
                { doubleValue: 1.5 },
                { intValue: '9007199254740993' },
                {},
                { bytesValue: 'AAE=' },
                { kvlistValue: { values: [attribute('b', { stringValue: '<x>&' }), attribute('a', { doubleValue: 3 })] } },
              ],
            },
          }),
        ],
      }),
    ]),
  ),
  scenario('10,000 spans', '9', (traceId) =>
    request(
      service('long'),
      Array.from({ length: 10_000 }, (_, index) =>
        span(traceId, index + 1, {
          name: `step ${index % 50}`,
          kind: 1,
          from: BigInt(index) * 1_000n,
          attributes: [attribute('index', { intValue: String(index) })],
          ...(index > 0 && { parent: Math.ceil(index / 4) }),
        }),
      ),
    ),
  ),
];
