import type { Jobs } from '@waymark/jobs';
import type { Database, Logger } from '@waymark/service-kit';

/** What the use cases work with. */
export interface Parts {
  db: Database;
  jobs: Jobs;
  log: Logger;
  /** How long stock is held for an order that is not yet paid. */
  ttlSeconds: number;
  /** How long it is from one stock report to the next; 0 for none. */
  reportSeconds: number;
}
