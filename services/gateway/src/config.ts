import { internalSecret, listenOn, readConfig, serviceUrl } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8080),
      INTERNAL_SECRET: internalSecret(),
      AUTH_URL: serviceUrl('auth', 8081),
      ORDER_URL: serviceUrl('order', 8082),
      INVENTORY_URL: serviceUrl('inventory', 8083),
      TRACE_UI_URL: z
        .url()
        .default('http://localhost:16686')
        .describe('the URL where people look at traces, such as http://localhost:16686'),
      CONNECTIONS_PER_ADDRESS: z.coerce
        .number()
        .int()
        .positive()
        .default(500)
        .describe('the number of connections that one address may have'),
      RATE_LIMIT_PER_SECOND: z.coerce
        .number()
        .int()
        .positive()
        .default(500)
        .describe('the number of requests that one address may send per second'),
      TRUST_PROXY: z.coerce
        .number()
        .int()
        .min(0)
        .max(10)
        .default(0)
        .describe("the number of proxies before the gateway; each adds its caller's address to X-Forwarded-For, as a load balancer does"),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
