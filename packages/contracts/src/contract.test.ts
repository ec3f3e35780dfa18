import { expect, test } from '@jest/globals';
import type { Api, Route } from './api.ts';
import { authApi } from './auth.ts';
import { gatewayApi } from './gateway.ts';
import { inventoryApi } from './inventory.ts';
import { orderApi } from './order.ts';
import { commonErrors, routelessErrors, joinErrors, titles } from './problem.ts';

const apis: Api[] = [gatewayApi, authApi, orderApi, inventoryApi];
const routes = apis.flatMap((api): [string, Route][] =>
  Object.entries(api.routes).map(([name, route]) => [`${api.service} ${name}`, route]),
);
const codesOf = (route: Route): string[] => Object.values(joinErrors(commonErrors, route.errors)).flat();

test.each(routes)('%s: the parameters match the path', (_, route) => {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  expect(new Set(inPath)).toEqual(new Set(Object.keys(route.params?.shape ?? {})));
  expect(route.path).toMatch(/^(\/([a-z0-9-]+|\{\w+\}))+$/);
});

test.each(routes)('%s: has one success answer, and only error statuses among its errors', (_, route) => {
  expect(Object.keys(route.answers)).toEqual([expect.stringMatching(/^2\d\d$/)]);
  for (const status of Object.keys(route.errors ?? {})) expect(status).toMatch(/^[45]\d\d$/);
});

test.each(routes)('%s: every error code has a title', (_, route) => {
  for (const code of codesOf(route)) expect(titles).toHaveProperty(code);
});

test.each(routes)('%s: header names are in lower case, and only methods with a body have one', (_, route) => {
  const names = Object.keys(route.headers?.shape ?? {});
  expect(names).toEqual(names.map((name) => name.toLowerCase()));
  expect(route.body === undefined || ['POST', 'PUT'].includes(route.method)).toBe(true);
});

test.each(apis)('$service: no two routes match the same request', ({ routes }) => {
  const requests = Object.values(routes).map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(requests).size).toBe(requests.length);
});

test('every title is used', () => {
  const used = new Set<string>([...routes.flatMap(([, route]) => codesOf(route)), ...Object.values(routelessErrors).flat()]);
  expect(Object.keys(titles).filter((code) => !used.has(code))).toEqual([]);
});

test('the same code always has the same status', () => {
  const statuses = new Map<string, Set<string>>();
  for (const [, route] of routes) {
    for (const [status, codes] of Object.entries(joinErrors(commonErrors, route.errors))) {
      for (const code of codes) statuses.set(code, (statuses.get(code) ?? new Set()).add(status));
    }
  }
  const torn = [...statuses].filter(([, found]) => found.size > 1).map(([code]) => code);
  // An unknown product is a 404 in the path and a 422 in the body.
  expect(torn).toEqual(['unknown_product']);
});
