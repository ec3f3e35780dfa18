import { authApi, gatewayApi, inventoryApi, orderApi } from '@waymark/contracts';
import { clientOf, RequestLimit, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import { rememberAddress } from './client-address.ts';
import type { Config } from './config.ts';
import { pages } from './pages.ts';
import { rateLimit } from './rate-limit.ts';
import { routes } from './routes.ts';
import { serverTiming } from './server-timing.ts';

export function gatewayService(config: Config, log: Logger): Service {
  const handlers = routes({
    auth: clientOf(authApi, config.AUTH_URL, config.INTERNAL_SECRET),
    order: clientOf(orderApi, config.ORDER_URL, config.INTERNAL_SECRET),
    inventory: clientOf(inventoryApi, config.INVENTORY_URL, config.INTERNAL_SECRET),
  });
  const limit = new RequestLimit(config.MAX_REQUESTS);
  return {
    app: serviceApp({
      api: gatewayApi,
      handlers,
      log,
      limit,
      entry: true,
      proxies: config.TRUST_PROXY,
      files: pages(config.TRACE_UI_URL),
      before: [rememberAddress, serverTiming],
    }),
    // The gateway is ready even if the other services are not: it answers that they are unavailable.
    ready: () => Promise.resolve(),
    listen: config,
    limit,
    edge: {
      admit: rateLimit(config.RATE_LIMIT_PER_SECOND),
      connectionsPerAddress: config.CONNECTIONS_PER_ADDRESS,
      proxies: config.TRUST_PROXY,
    },
  };
}
