import { titles, type ProblemDetails } from '@waymark/contracts';

/** A failure that a client may see, as RFC 9457 problem details. Any other error is answered as `internal`, without its message. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly extra: {
    errors?: ProblemDetails['errors'];
    headers?: Record<string, string>;
    /** True if another service was to be asked and the request certainly never reached it. */
    notSent?: boolean;
  };

  /**
   * @param code one of the codes that the route's contract declares
   * @param detail what went wrong this time and what to do about it, in a sentence for a person
   */
  constructor(status: number, code: string, detail: string, extra: Problem['extra'] = {}, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }

  /** The body that is sent (RFC 9457 §3.1). */
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

/** What the client is told of an error. An unexpected one is `internal`: its message stays in the trace and the log. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, 'internal', 'An unexpected error; the trace has the details.', {}, { cause: error });
}
