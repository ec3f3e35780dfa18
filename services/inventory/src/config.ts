import { database, internalSecret, listenOn, readConfig } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8083),
      INTERNAL_SECRET: internalSecret(),
      ...database('inventory'),
      RESERVATION_TTL_SECONDS: z.coerce
        .number()
        .positive()
        .default(900)
        .describe('the number of seconds that stock is held for an unpaid order'),
      PRODUCT_CACHE_SECONDS: z.coerce
        .number()
        .positive()
        .max(3_600)
        .default(1)
        .describe('the number of seconds for which a product, or that it does not exist, is answered from memory'),
      BLOOM_ERROR_RATE: z.coerce
        .number()
        .min(1e-9)
        .max(0.5)
        .default(0.0001)
        .describe('the share of unknown SKUs that the Bloom filter lets pass to the database'),
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
