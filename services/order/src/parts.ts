import type { inventoryApi } from '@waymark/contracts';
import type { Jobs } from '@waymark/jobs';
import type { Client, Database, Logger } from '@waymark/service-kit';
import type { PaymentProvider } from './payment-provider.ts';

/** What the use cases need. */
export interface Parts {
  db: Database;
  inventory: Client<typeof inventoryApi>;
  jobs: Jobs;
  payments: PaymentProvider;
  log: Logger;
  /** The time before an order is paid, during which it can be cancelled. */
  fulfilmentDelaySeconds: number;
  /** How long an order may wait for its fulfilment before it is rejected and refunded. */
  fulfilWithinSeconds: number;
}
