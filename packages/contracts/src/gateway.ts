import { z } from 'zod';
import { api, type Errors, type Route } from './api.ts';
import { authApi, bearer } from './auth.ts';
import { inventoryApi } from './inventory.ts';
import { orderApi } from './order.ts';
import { joinErrors } from './problem.ts';

type UserHeader = { 'x-user-id': z.ZodType };
type PublicHeaders<S extends z.ZodRawShape> = z.ZodObject<Omit<S, 'x-user-id'> & { authorization: typeof bearer }>;

/** What the gateway changes on every route: it is under `/v1`, and rate limited. */
type Edge = { path: string; errors: Errors };

function edge(route: Route, errors?: Errors): Edge {
  return { path: `/v1${route.path}`, errors: joinErrors(route.errors, { 429: ['rate_limited'] }, errors) };
}

/** A service's route as the world sees it. */
function open<const R extends Route>(route: R): Omit<R, keyof Edge> & Edge {
  return { ...route, ...edge(route) };
}

/** Without what the gateway itself says in headers. */
function withoutHeaders<const R extends Route>(route: R): Omit<R, 'headers'> {
  const { headers: _, ...rest } = route;
  return rest;
}

/** The same for a route that acts for a user: the world sends a session token where the services pass the user's id. */
function loggedIn<const R extends Route & { headers: z.ZodObject<UserHeader & z.ZodRawShape> }>(
  route: R,
): Omit<R, keyof Edge | 'headers'> & Edge & { headers: PublicHeaders<R['headers']['shape']> } {
  const { 'x-user-id': _, ...shape } = route.headers.shape;
  const headers = z.object({ ...shape, authorization: bearer }) as unknown as PublicHeaders<R['headers']['shape']>;
  return { ...route, ...edge(route, { 401: ['unauthenticated'] }), headers };
}

/** The public API: every route of it is one of a service behind. */
export const gatewayApi = api('gateway', {
  logIn: open(withoutHeaders(authApi.routes.logIn)),
  logOut: open(authApi.routes.logOut),
  listProducts: open(inventoryApi.routes.listProducts),
  getProduct: open(inventoryApi.routes.getProduct),
  placeOrder: loggedIn(orderApi.routes.placeOrder),
  listOrders: loggedIn(orderApi.routes.listOrders),
  getOrder: loggedIn(orderApi.routes.getOrder),
  cancelOrder: loggedIn(orderApi.routes.cancelOrder),
});
