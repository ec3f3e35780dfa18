import { authApi, gatewayApi, inventoryApi, orderApi } from '@waymark/contracts';
import { clientOf, serviceApp, type Logger, type Service } from '@waymark/service-kit';
import type { Config } from './config.ts';
import { pages } from './pages.ts';
import { limitRate } from './rate-limit.ts';
import { routes } from './routes.ts';
import { serverTiming } from './server-timing.ts';

export function gatewayService(config: Config, log: Logger): Service {
  const handlers = routes({
    auth: clientOf(authApi, config.AUTH_URL),
    order: clientOf(orderApi, config.ORDER_URL),
    inventory: clientOf(inventoryApi, config.INVENTORY_URL),
  });
  // The gateway is ready without the services behind it: it answers for them that they are not available.
  const health = { check: () => Promise.resolve(), draining: false };
  const before = [serverTiming, limitRate(config.RATE_LIMIT_PER_SECOND), pages(config.TRACE_UI_URL)];
  return { app: serviceApp({ api: gatewayApi, handlers, log, health, entry: true, before }), health, listen: config };
}
