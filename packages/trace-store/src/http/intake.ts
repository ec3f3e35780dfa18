import { HttpError } from './http-error.ts';

/** Bytes that one request holds; they are let go when it is disposed. */
export interface Holder extends Disposable {
  /** Counts bytes that are held from now on. Throws `HttpError` 429, upon which an exporter tries again later, when they are too many. */
  readonly add: (bytes: number) => void;
}

/** Counts what the OTLP ports received, and bounds how many bytes of bodies they hold at a time. */
export class Intake {
  received = 0;
  rejected = 0;
  /** Requests that were answered with an error. */
  refusedRequests = 0;
  /** Requests that failed for a reason within the store. */
  failedRequests = 0;

  readonly #maxBytes: number;
  #bytes = 0;

  /** `maxBytes` bounds all bodies that are being received or read. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  holder(): Holder {
    let held = 0;
    return {
      add: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) throw new HttpError(429, 'too many requests are under way; try again');
        this.#bytes += bytes;
        held += bytes;
      },
      [Symbol.dispose]: () => void (this.#bytes -= held),
    };
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
