import { expect, test } from '@jest/globals';
import { dependencies } from './dependencies.ts';
import { flowchart, sequenceDiagram } from './mermaid.ts';
import { span, trace } from './testing/span.ts';

const shop = trace(
  span({ n: 1, service: 'gateway', name: 'POST /v1/orders', kind: 'SERVER', ms: [0, 20] }),
  span({ n: 2, service: 'gateway', name: 'POST', kind: 'CLIENT', parent: 1, ms: [1, 9], error: true }),
  span({ n: 3, service: 'order', name: 'POST /orders', kind: 'SERVER', parent: 2, ms: [2, 8], error: true }),
  span({ n: 4, service: 'order', name: 'INSERT', kind: 'CLIENT', parent: 3, ms: [3, 8], attributes: { 'db.system.name': 'postgresql' } }),
  span({ n: 5, service: 'order', name: 'send', kind: 'PRODUCER', parent: 3, ms: [8, 8] }),
  span({ n: 6, service: 'order', name: 'fulfil', kind: 'CONSUMER', parent: 5, ms: [15, 19] }),
);

test('dependencies as a flowchart', () => {
  expect(flowchart(dependencies([shop]))).toBe(`flowchart LR
  n0["gateway"]
  n1["order"]
  n2[("postgresql")]
  n0 -->|"1 call, p95 8.00 ms, 1 error"| n1
  n1 -->|"1 call, p95 5.00 ms"| n2
  n1 -.->|"1 message, p95 7.00 ms"| n1
`);
});

test('a trace as a sequence diagram: simultaneous responses nest, failures have a cross', () => {
  expect(sequenceDiagram(shop)).toBe(`sequenceDiagram
  participant p0 as gateway
  participant p1 as order
  participant p2 as postgresql
  p0->>p1: POST /orders
  p1->>p2: INSERT
  p2-->>p1: 5.00 ms
  p1--xp0: ERROR 6.00 ms
  p1-)p1: fulfil
`);
});

test('names cannot break out of the diagram', () => {
  const hostile = trace(span({ n: 1 }), span({ n: 2, parent: 1, service: 'a"]\n;<b>#', name: '%%{init}%%; x' }));
  expect(flowchart(dependencies([hostile]))).toContain('n1["a#34;#93;#65533;#59;#60;b#62;#35;"]');
  expect(sequenceDiagram(hostile)).toContain('p0->>p1: #37;#37;#123;init#125;#37;#37;#59; x');
});
