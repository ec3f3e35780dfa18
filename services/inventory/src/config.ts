import { databaseUrl, listenOn, readConfig } from '@waymark/service-kit';
import { z } from 'zod';

export const config = (env = process.env) =>
  readConfig(
    {
      ...listenOn(8083),
      DATABASE_URL: databaseUrl('inventory'),
      RESERVATION_TTL_SECONDS: z.coerce
        .number()
        .positive()
        .default(900)
        .describe('how long stock is held for an order that is not yet paid, in seconds'),
    },
    env,
  );
export type Config = ReturnType<typeof config>;
