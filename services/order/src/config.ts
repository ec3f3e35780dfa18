import { databaseUrl, internalSecret, listenOn, readConfig, serviceUrl } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8082),
      INTERNAL_SECRET: internalSecret(),
      DATABASE_URL: databaseUrl('order'),
      INVENTORY_URL: serviceUrl('inventory', 8083),
      FULFILMENT_DELAY_SECONDS: z.coerce
        .number()
        .min(0)
        .default(0)
        .describe('how long an order waits before it is paid, so that it can still be cancelled, in seconds'),
      FULFIL_WITHIN_SECONDS: z.coerce
        .number()
        .positive()
        .default(3_600)
        .describe('how long an order may wait for a service that is not available, before it is rejected and refunded, in seconds'),
      JOB_MAX_ATTEMPTS: z.coerce
        .number()
        .int()
        .min(1)
        .max(25)
        .default(5)
        .describe('how often a job is tried before it becomes a dead letter'),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
