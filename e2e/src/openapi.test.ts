import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import type { Order } from '@waymark/contracts';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper, type Answer, type Call } from './shop/shopper.ts';

interface Operation {
  security: unknown[];
  parameters: { name: string; in: string; example: string }[];
  requestBody?: { content: { 'application/json': { example: object } } };
  responses: Record<string, { headers: Record<string, { $ref: string }>; content?: object }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { headers: Record<string, { required?: boolean }> };
}

const { gateway } = shopUnderTest();
const visitor = new Shopper(gateway);
const user = new Shopper(gateway);
let description: Description;
let orderId: string;

beforeAll(async () => {
  description = (await (await fetch(`${gateway}/openapi.json`)).json()) as Description;
  await user.logIn();
  orderId = (await user.place('field-notebook')).body.id;
});

/** Sends the examples of an operation, with the id of an existing order and a new idempotency key. */
async function sendExample(method: string, path: string, by = user): Promise<Answer<Order>> {
  const { parameters, requestBody } = operationOf(method, path);
  const values = new Map(parameters.map(({ name, example }) => [name, example]));
  values.set('id', orderId).set('idempotency-key', randomUUID());
  const headers = Object.fromEntries(parameters.filter((one) => one.in === 'header').map(({ name }) => [name, values.get(name) ?? '']));
  const json = requestBody?.content['application/json'].example;
  return by.call(
    method,
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values.get(name) ?? ''),
    { headers, ...(json && { json }) },
  );
}

function operationOf(method: string, path: string): Operation {
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`The description has no ${method} ${path}`);
  return operation;
}

/** Expects a documented status, the required headers of that status, and the documented content type. */
function expectDescribed(method: string, path: string, { status, headers }: Answer): void {
  const documented = operationOf(method, path).responses[status];
  expect([Object.keys(operationOf(method, path).responses), documented]).toEqual([
    expect.arrayContaining([String(status)]),
    expect.anything(),
  ]);
  const always = Object.keys(documented?.headers ?? {}).filter((name) => description.components.headers[name]?.required);
  expect(always.filter((name) => !headers.has(name))).toEqual([]);
  const type = headers.get('content-type')?.split(';')[0];
  expect(type ? [type] : []).toEqual(Object.keys(documented?.content ?? {}));
}

test('the examples of each operation get the documented response', async () => {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method, path]));
  expect(operations.length).toBeGreaterThan(0);
  for (const [method = '', path = ''] of operations) {
    // Logging out would end the session that the other operations need.
    const by = method === 'delete' ? new Shopper(gateway) : user;
    if (by !== user) await by.logIn();
    const answer = await sendExample(method.toUpperCase(), path, by);
    // An order may be paid before its cancellation arrives.
    const expected = path.endsWith('/cancel') ? /^(200|409)$/ : /^2/;
    expect([method, path, String(answer.status)]).toEqual([method, path, expect.stringMatching(expected)]);
    expectDescribed(method, path, answer);
  }
});

test('operations need a login exactly if the description says so', async () => {
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const answer = await sendExample(method.toUpperCase(), path, visitor);
      expect([method, path, answer.status === 401]).toEqual([method, path, security.length > 0]);
      expectDescribed(method, path, answer);
    }
  }
});

const JSON_TYPE = { 'content-type': 'application/json' };

test.each<[string, number, Call & { method?: string }]>([
  ['malformed JSON', 400, { raw: '{"lines": [', headers: JSON_TYPE }],
  ['an unsupported method', 405, { method: 'PUT', json: {} }],
  ['a body of 100 kB', 413, { json: { lines: 'x'.repeat(100_000) } }],
  ['a body that is not JSON', 415, { raw: 'lines=1', headers: { 'content-type': 'text/plain' } }],
  ['an unknown product', 422, { json: { lines: [{ sku: 'no-such-thing', quantity: 1 }] } }],
  ['an order beyond the stock', 409, { json: { lines: [{ sku: 'desk-lamp', quantity: 999 }] } }],
])('the response to %s is %d, as documented', async (_, status, { method = 'POST', headers, ...call }) => {
  const answer = await user.call(method, '/v1/orders', { ...call, headers: { 'idempotency-key': randomUUID(), ...headers } });
  expect(answer.status).toBe(status);
  expectDescribed('POST', '/v1/orders', answer);
});
