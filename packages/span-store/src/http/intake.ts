import { Budget } from '../budget.ts';

/** Counts what the OTLP ports received. `maxBytes` limits the bodies in memory at once. */
export class Intake {
  received = 0;
  rejected = 0;
  /** Requests that were answered with an error. */
  refusedRequests = 0;
  /** Requests that failed because of an error of the store. */
  failedRequests = 0;

  /** The bodies in progress. */
  readonly bodies: Budget;

  constructor(maxBytes: number) {
    this.bodies = new Budget(maxBytes);
  }

  took(spans: number, rejected: number): void {
    this.received += spans;
    this.rejected += rejected;
  }

  refused(status: number): void {
    this.refusedRequests++;
    if (status >= 500) this.failedRequests++;
  }
}
