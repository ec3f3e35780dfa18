import { z } from 'zod';
import { api, type Api, type Errors, type Route } from './api.ts';
import { authApi, bearer } from './auth.ts';
import { inventoryApi } from './inventory.ts';
import { orderApi } from './order.ts';
import { joinErrors } from './problem.ts';

type UserHeader = { 'x-user-id': z.ZodType };
type PublicHeaders<S extends z.ZodRawShape> = z.ZodObject<Omit<S, 'x-user-id'> & { authorization: typeof bearer }>;

/** What the gateway changes in every route: the path starts with `/v1`, and 429 is added. */
type Edge = { path: string; errors: Errors };

function edge(route: Route, errors?: Errors): Edge {
  return { path: `/v1${route.path}`, errors: joinErrors(route.errors, { 429: ['rate_limited'] }, errors) };
}

/** Makes a service's route public. */
function open<const R extends Route>(route: R): Omit<R, keyof Edge> & Edge {
  return { ...route, ...edge(route) };
}

/** Removes headers that the gateway itself adds. */
function withoutHeaders<const R extends Route>(route: R): Omit<R, 'headers'> {
  const { headers: _, ...rest } = route;
  return rest;
}

/** Makes a route that acts for a user public: callers send a session token instead of the user's id. */
function loggedIn<const R extends Route & { headers: z.ZodObject<UserHeader & z.ZodRawShape> }>(
  route: R,
): Omit<R, keyof Edge | 'headers'> & Edge & { headers: PublicHeaders<R['headers']['shape']> } {
  const { 'x-user-id': _, ...shape } = route.headers.shape;
  const headers = z.object({ ...shape, authorization: bearer }) as unknown as PublicHeaders<R['headers']['shape']>;
  return { ...route, ...edge(route, { 401: ['unauthenticated'] }), headers };
}

const routes = api('gateway', {
  logIn: open(withoutHeaders(authApi.routes.logIn)),
  logOut: open(authApi.routes.logOut),
  listProducts: open(inventoryApi.routes.listProducts),
  getProduct: open(inventoryApi.routes.getProduct),
  placeOrder: loggedIn(orderApi.routes.placeOrder),
  listOrders: loggedIn(orderApi.routes.listOrders),
  getOrder: loggedIn(orderApi.routes.getOrder),
  cancelOrder: loggedIn(orderApi.routes.cancelOrder),
});

/** The public API. Each route is a route of an internal service. */
export const gatewayApi = {
  ...routes,
  tags: { sessions: 'Log in and out', products: 'What the shop sells', orders: 'Place, read and cancel your orders' },
  answerHeaders: {
    'server-timing': {
      description: 'The same context as in traceresponse, readable by scripts in a web page',
      example: 'traceparent;desc="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"',
    },
  },
} satisfies Api;
