import { randomUUID } from 'node:crypto';
import type { Answer, Shopper } from '../shop/shopper.ts';
import type { Scenario, Shoppers } from './scenario.ts';

/** A request that the gateway rejects itself. The trace has one span, because no other service is called. */
function refused(title: string, span: string, status: number, code: string, ask: (shoppers: Shoppers) => Promise<Answer>): Scenario {
  return { title, ask, status, body: { code }, tree: `gateway SERVER ${span} ${status} waymark.problem.code=${code}` };
}

const order = (shopper: Shopper, call: Parameters<Shopper['call']>[2]): Promise<Answer> =>
  shopper.call('POST', '/v1/orders', { ...call, headers: { 'idempotency-key': randomUUID(), ...call?.headers } });

const withoutLogin = (method: string, route: string): Scenario => ({
  ...refused(`${method} ${route} without a login`, `${method} ${route}`, 401, 'unauthenticated', ({ anonymous }) =>
    anonymous.call(method, route.replace('{id}', randomUUID())),
  ),
  headers: { 'www-authenticate': 'Bearer' },
});

export const refusals: Scenario[] = [
  withoutLogin('POST', '/v1/orders'),
  withoutLogin('GET', '/v1/orders'),
  withoutLogin('GET', '/v1/orders/{id}'),
  withoutLogin('POST', '/v1/orders/{id}/cancel'),
  withoutLogin('DELETE', '/v1/sessions/current'),
  refused('an unknown path', 'GET', 404, 'not_found', ({ demo }) => demo.call('GET', '/v1/nothing')),
  {
    ...refused('an unsupported method', 'PUT', 405, 'method_not_allowed', ({ demo }) => demo.call('PUT', '/v1/orders', { json: {} })),
    headers: { allow: 'POST, HEAD, GET' },
  },
  refused('a body that is not JSON', 'POST /v1/orders', 415, 'unsupported_media_type', ({ demo }) =>
    order(demo, { raw: 'lines=1', headers: { 'content-type': 'text/plain' } }),
  ),
  refused('malformed JSON', 'POST /v1/orders', 400, 'malformed_json', ({ demo }) =>
    order(demo, { raw: '{"lines": [', headers: { 'content-type': 'application/json' } }),
  ),
  refused('a body of 100 kB', 'POST /v1/orders', 413, 'body_too_large', ({ demo }) =>
    order(demo, { json: { lines: 'x'.repeat(100_000) } }),
  ),
  refused('an order without lines', 'POST /v1/orders', 422, 'invalid_request', ({ demo }) => order(demo, { json: { lines: [] } })),
  refused('half a tea pot', 'POST /v1/orders', 422, 'invalid_request', ({ demo }) =>
    order(demo, { json: { lines: [{ sku: 'tea-pot', quantity: 0.5 }] } }),
  ),
  refused('an order without an Idempotency-Key', 'POST /v1/orders', 422, 'invalid_request', ({ demo }) =>
    demo.call('POST', '/v1/orders', { json: { lines: [{ sku: 'tea-pot', quantity: 1 }] } }),
  ),
  refused('a page of a thousand orders', 'GET /v1/orders', 422, 'invalid_request', ({ demo }) => demo.call('GET', '/v1/orders?limit=1000')),
  refused('an invalid order id', 'GET /v1/orders/{id}', 404, 'not_found', ({ demo }) => demo.call('GET', '/v1/orders/17')),
];
