import { expect, test } from '@jest/globals';
import type { Route } from './api.ts';
import { authApi } from './auth.ts';
import { gatewayApi } from './gateway.ts';
import { inventoryApi } from './inventory.ts';
import { openApi } from './openapi.ts';
import { orderApi } from './order.ts';
import { joinErrors } from './problem.ts';

const token = `Bearer ${'a'.repeat(40)}`;
const behind: Record<string, Route> = { ...authApi.routes, ...orderApi.routes, ...inventoryApi.routes };
const routes = Object.entries<Route>(gatewayApi.routes);

test('the public API mentions nothing internal: no user header, introspection or reservations', () => {
  const description = JSON.stringify(openApi(gatewayApi, { title: 'Waymark', version: '1' }));
  expect(description).not.toMatch(/x-user-id|introspect|\/reservations/i);
  expect(JSON.stringify(routes)).not.toMatch(/x-user-id|introspect|\/reservations/i);
  for (const [, route] of routes) expect(Object.keys(route.headers?.shape ?? {})).not.toContain('x-user-id');
});

test.each(routes)('%s is a route of an internal service, under /v1 and rate limited', (name, route) => {
  const { path, method, body, answers, errors } = behind[name]!;
  expect(route).toMatchObject({ path: `/v1${path}`, method });
  expect(route.body).toBe(body);
  expect(route.answers).toBe(answers);
  expect(route.errors).toMatchObject(joinErrors(errors, { 429: ['rate_limited'] }));
});

test.each(routes.filter(([name]) => behind[name]?.headers && name !== 'logIn'))(
  '%s needs a session token, and answers 401 without one',
  (_, route) => {
    expect(route.headers?.shape).toHaveProperty('authorization');
    expect(route.errors?.[401]).toEqual(['unauthenticated']);
  },
);

test('placing an order needs the token and the key, and does not accept a user id', () => {
  const { headers } = gatewayApi.routes.placeOrder;
  const given = { authorization: token, 'idempotency-key': 'k1', 'x-user-id': '00000000-0000-4000-8000-000000000000' };
  expect(headers.parse(given)).toEqual({ authorization: token, 'idempotency-key': 'k1' });
  expect(headers.safeParse({ authorization: token }).success).toBe(false);
  expect(headers.safeParse({ 'idempotency-key': 'k1' }).success).toBe(false);
});

test('accepts the token from logging in, with the scheme in any letter case', () => {
  const { authorization } = gatewayApi.routes.getOrder.headers.shape;
  const accepted = [
    token,
    token.replace('Bearer', 'bearer'),
    token.slice('Bearer '.length),
    `${token} `,
    `${token}\n`,
    'Bearer short',
    `Basic ${'a'.repeat(40)}`,
  ];
  expect(accepted.map((one) => authorization.safeParse(one).success)).toEqual([true, true, false, false, false, false, false]);
});
