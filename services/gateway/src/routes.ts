import type { authApi, gatewayApi, inventoryApi, orderApi } from '@waymark/contracts';
import { RequestContext } from '@waymark/context';
import { CLIENT_ADDRESS } from './client-address.ts';
import { countFailure } from './order-failures.ts';
import { Problem, type Client, type Handlers } from '@waymark/service-kit';

interface Services {
  auth: Client<typeof authApi>;
  order: Client<typeof orderApi>;
  inventory: Client<typeof inventoryApi>;
}

/** Each public route calls a route of an internal service. If it acts for a user, it replaces the session token by the user's id. */
export const routes = ({ auth, order, inventory }: Services): Handlers<typeof gatewayApi> => {
  const asUser = async (authorization: string): Promise<{ 'x-user-id': string }> => {
    const session = await auth.introspect({ body: { token: authorization.slice('Bearer '.length) } });
    if (!session.active) throw new Problem(401, 'unauthenticated', 'The session has ended; log in again.');
    return { 'x-user-id': session.userId };
  };
  return {
    logIn: ({ body }) => auth.logIn({ headers: { 'x-client-address': RequestContext.current().get(CLIENT_ADDRESS) }, body }),
    logOut: (call) => auth.logOut(call),
    listProducts: (call) => inventory.listProducts(call),
    getProduct: (call) => inventory.getProduct(call),
    placeOrder: async ({ headers: { authorization, ...headers }, body }) =>
      countFailure(asUser(authorization).then((user) => order.placeOrder({ headers: { ...headers, ...user }, body }))),
    listOrders: async ({ headers, query }) => order.listOrders({ headers: await asUser(headers.authorization), query }),
    getOrder: async ({ headers, params }) => order.getOrder({ headers: await asUser(headers.authorization), params }),
    cancelOrder: async ({ headers, params }) => order.cancelOrder({ headers: await asUser(headers.authorization), params }),
  };
};
