import { database, internalSecret, listenOn, readConfig, serviceUrl } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8082),
      INTERNAL_SECRET: internalSecret(),
      ...database('order'),
      INVENTORY_URL: serviceUrl('inventory', 8083),
      FULFILMENT_DELAY_SECONDS: z.coerce
        .number()
        .min(0)
        .default(0)
        .describe('the number of seconds before an order is paid, during which it can be cancelled'),
      FULFIL_WITHIN_SECONDS: z.coerce
        .number()
        .positive()
        .default(3_600)
        .describe('the number of seconds that an order may wait for an unavailable service before it is rejected and refunded'),
      JOB_MAX_ATTEMPTS: z.coerce
        .number()
        .int()
        .min(1)
        .max(25)
        .default(5)
        .describe('the number of attempts at a job before it becomes a dead letter'),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
