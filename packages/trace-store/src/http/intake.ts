/** Counts what the OTLP port received. */
export class Intake {
  received = 0;
  rejected = 0;
  /** Requests that were answered with an error. */
  refusedRequests = 0;
  /** Requests that failed for a reason within the store. */
  failedRequests = 0;

  took(spans: number, rejected: number): void {
    this.received += spans;
    this.rejected += rejected;
  }

  refused(status: number): void {
    this.refusedRequests++;
    if (status >= 500) this.failedRequests++;
  }
}
