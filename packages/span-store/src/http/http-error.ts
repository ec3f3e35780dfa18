import { OverBudget } from '../budget.ts';
import { Malformed } from '../otlp/malformed.ts';
import { TooLarge } from '../otlp/scan-request.ts';

/** An error to report to the client, with its status. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The HTTP status for an error while reading a request. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof Malformed) return 400;
  if (error instanceof TooLarge) return 413;
  return error instanceof OverBudget ? 429 : 500;
}
