import type { inventoryApi } from '@waymark/contracts';
import type { Jobs } from '@waymark/jobs';
import type { Client, Database, Logger } from '@waymark/service-kit';

/** What the use cases work with. */
export interface Parts {
  db: Database;
  inventory: Client<typeof inventoryApi>;
  jobs: Jobs;
  log: Logger;
  /** How long an order waits before it is paid, so that it can still be cancelled. */
  fulfilmentDelaySeconds: number;
  /** How long an order may wait for its fulfilment, before it is rejected and its payment given back. */
  fulfilWithinSeconds: number;
}
