import { titles, type ProblemDetails } from '@waymark/contracts';

/** An error that the client may see, as RFC 9457 problem details. For any other error the client sees `internal`, without its message. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly extra: {
    errors?: ProblemDetails['errors'];
    headers?: Record<string, string>;
    /** True if the request to another service certainly did not reach it. */
    notSent?: boolean;
  };

  /**
   * @param code one of the codes that the route's contract declares
   * @param detail what went wrong this time and what to do about it, in a sentence for people
   */
  constructor(status: number, code: string, detail: string, extra: Problem['extra'] = {}, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }

  /** Returns the body of the response (RFC 9457 §3.1). */
  toDetails(traceId: string | undefined): ProblemDetails {
    return {
      type: `/problems/${this.code}`,
      title: titles[this.code] ?? this.code,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(traceId && { traceId }),
      ...(this.extra.errors && { errors: this.extra.errors }),
    };
  }
}

/** Returns the problem that the client sees for an error. An unexpected error becomes `internal`; its message stays in the trace and the log. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, 'internal', 'An unexpected error. The trace has the details.', {}, { cause: error });
}
