import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { api, isIdempotent, successOf, type AnswerOf, type CallOf, type RequestOf, type Route } from './api.ts';
import { authApi } from './auth.ts';
import { gatewayApi } from './gateway.ts';
import { inventoryApi } from './inventory.ts';
import { orderApi, type Order } from './order.ts';
import { joinErrors } from './problem.ts';

const route = { method: 'POST', path: '/things', summary: 'A thing', answers: { 201: z.string() } } satisfies Route;

test('successOf returns the declared success answer', () => {
  expect(successOf(route)).toEqual({ status: 201, body: route.answers[201] });
  expect(() => successOf({ ...route, answers: {} })).toThrow('POST /things declares no answer');
});

test('every method except POST is idempotent, and so is a POST that says so', () => {
  expect(isIdempotent(route)).toBe(false);
  expect(isIdempotent({ ...route, idempotent: true })).toBe(true);
  expect((['GET', 'PUT', 'DELETE'] as const).map((method) => isIdempotent({ ...route, method }))).toEqual([true, true, true]);
});

test('in the shop, only logging in and replaying are not idempotent', () => {
  const all = [authApi, orderApi, inventoryApi, gatewayApi].flatMap(({ routes }) => Object.entries<Route>(routes));
  expect(new Set(all.filter(([, one]) => !isIdempotent(one)).map(([name]) => name))).toEqual(new Set(['logIn', 'replayDeadLetter']));
});

test('joinErrors joins error sets by status, each code once', () => {
  expect(joinErrors({ 404: ['b'] }, undefined, { 404: ['a', 'b'], 409: ['c'] })).toEqual({ 404: ['a', 'b'], 409: ['c'] });
});

test('the contract types what a handler receives and what a client passes', () => {
  type Place = typeof orderApi.routes.placeOrder;
  const received: RequestOf<Place> = {
    headers: { 'x-user-id': 'u', 'idempotency-key': 'k' },
    body: { lines: [{ sku: 'lamp', quantity: 1 }] },
  };
  // @ts-expect-error the key is required
  const keyless: CallOf<Place> = { headers: { 'x-user-id': 'u' }, body: { lines: [] } };
  // @ts-expect-error a quantity is a number
  const textual: CallOf<Place>['body'] = { lines: [{ sku: 'lamp', quantity: '1' }] };
  // @ts-expect-error placing an order has no query
  const query: RequestOf<Place>['query'] = undefined;
  expect([received, keyless, textual, query]).toHaveLength(4);
});

test('a client may omit a value with a default, and the handler always gets it', () => {
  type List = typeof orderApi.routes.listOrders;
  const call: CallOf<List> = { headers: { 'x-user-id': 'u' }, query: {} };
  const filled: RequestOf<List> = { headers: { 'x-user-id': 'u' }, query: { limit: 20 } };
  // @ts-expect-error the handler always gets the limit
  const unfilled: RequestOf<List> = { headers: { 'x-user-id': 'u' }, query: {} };
  expect([call, filled, unfilled]).toHaveLength(3);
});

test('an answer is typed by the schema of its success', () => {
  const order = {} as AnswerOf<typeof orderApi.routes.placeOrder> satisfies Order;
  const nothing: AnswerOf<typeof authApi.routes.logOut> = undefined;
  // @ts-expect-error a token is text
  const token: AnswerOf<typeof authApi.routes.logIn>['token'] = 7;
  const session: AnswerOf<typeof authApi.routes.introspect> = { active: false };
  // @ts-expect-error a null session has no user
  const user: string = session.userId;
  expect([order, nothing, token, user]).toHaveLength(4);
});

test('public routes are typed with a token instead of the user, and a path under /v1', () => {
  const headers: CallOf<typeof gatewayApi.routes.getOrder>['headers'] = { authorization: 'Bearer token' };
  // @ts-expect-error callers from outside cannot send a user id
  const spoofed: CallOf<typeof gatewayApi.routes.getOrder>['headers'] = { authorization: 'Bearer token', 'x-user-id': 'u' };
  const path: string = gatewayApi.routes.logIn.path;
  // @ts-expect-error the internal path is not the public one
  const inner: '/sessions' = gatewayApi.routes.logIn.path;
  expect([headers, spoofed, path, inner]).toEqual([headers, expect.anything(), '/v1/sessions', '/v1/sessions']);
});

test('the type checker rejects invalid contracts', () => {
  // @ts-expect-error FIND is not a method
  api('shop', { find: { method: 'FIND', path: '/', summary: '', answers: { 200: z.string() } } });
  // @ts-expect-error a route must have an answer
  expect(api('shop', { get: { method: 'GET', path: '/', summary: '' } }).service).toBe('shop');
});
