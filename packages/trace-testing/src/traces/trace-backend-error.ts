/** The trace backend cannot be reached, or the address is not one. The message names the URL, the cause and what to do. */
export class TraceBackendError extends Error {
  override readonly name = 'TraceBackendError';
  /** Whether a retry may help: the connection broke, or the backend failed. */
  readonly passing: boolean;

  constructor(message: string, { passing = false, cause }: { passing?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.passing = passing;
  }
}
