import { expect, test } from '@jest/globals';
import order from './fixtures/order.otlp.json' with { type: 'json' };
import { readTraces, verdict, waterfall } from './index.ts';

test('the example of the README', () => {
  const answer: unknown = order;
  const lines: string[] = [];
  for (const trace of readTraces(answer)) {
    lines.push(waterfall(trace, { width: 100 }));
    lines.push(verdict(trace));
  }
  expect(`\n${lines.join('\n')}\n`).toBe(`
trace 5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25
172 ms · 16 spans · 4 services
gateway   POST /v1/orders 201                         ██░░░░░░░█                             48.2 ms
gateway   └ POST 200                                  ██                                     5.40 ms
auth        └ POST /introspections 200                ██                                     3.90 ms
auth          └ SELECT sessions                       █                                      2.10 ms
gateway   └ POST 201                                   █░░░░░░░█                             40.1 ms
order       └ POST /orders 201                         █░░░█░███                             38.4 ms
order         └ POST 201                                █░░█                                 14.3 ms
inventory       └ POST /reservations 201                █░█                                  12.9 ms
inventory         └ UPDATE stock                        ███                                  8.60 ms
order         └ INSERT orders                              ██                                7.70 ms
order         └ send fulfil                                  █                               1.20 ms
order           └ process fulfil                                               ░░░░░░░░░░░   51.5 ms
order             └ charge                                                     ░░░░░         18.9 ms
order             └ POST 204                                                        ░░░░░    25.8 ms
inventory           └ POST /reservations/{id}/commit…                               ░░░░░    22.2 ms
inventory             └ UPDATE stock                                                ░░░░     13.4 ms
complete: 16 spans, 4 services, 1 root, no findings
`);
});
