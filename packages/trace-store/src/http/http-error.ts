import { Malformed } from '../otlp/malformed.ts';
import { TooManySpans } from '../otlp/scan-request.ts';

/** An error that the client should hear of, with the status to send. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The HTTP status for an error that came while a request was read. */
export const statusOf = (error: unknown): number =>
  error instanceof HttpError ? error.status : error instanceof Malformed ? 400 : error instanceof TooManySpans ? 413 : 500;
