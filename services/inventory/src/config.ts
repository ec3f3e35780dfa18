import { databaseUrl, internalSecret, listenOn, readConfig } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8083),
      INTERNAL_SECRET: internalSecret(),
      DATABASE_URL: databaseUrl('inventory'),
      RESERVATION_TTL_SECONDS: z.coerce
        .number()
        .positive()
        .default(900)
        .describe('how long stock is held for an order that is not yet paid, in seconds'),
      STOCK_REPORT_SECONDS: z.coerce
        .number()
        .min(0)
        .max(86_400)
        .default(60)
        .describe('how long it is from one stock report to the next, in seconds, 0 for none'),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
