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
        .describe('the number of seconds that stock is held for an unpaid order'),
      STOCK_REPORT_SECONDS: z.coerce
        .number()
        .min(0)
        .max(86_400)
        .default(60)
        .describe('the number of seconds between stock reports, 0 for no reports'),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
