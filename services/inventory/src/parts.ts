import type { Jobs } from '@waymark/jobs';
import type { Database, Logger } from '@waymark/service-kit';
import type { Products } from './products.ts';

/** What the use cases need. */
export interface Parts {
  db: Database;
  jobs: Jobs;
  products: Products;
  log: Logger;
  /** How long stock is held for an unpaid order. */
  ttlSeconds: number;
  /** The time between stock reports; 0 for no reports. */
  reportSeconds: number;
}
