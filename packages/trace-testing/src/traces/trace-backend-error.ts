/** A trace backend that cannot be asked, or that is none; the message names the URL, the cause and the mend. */
export class TraceBackendError extends Error {
  override readonly name = 'TraceBackendError';
  /** Whether asking again may help: the connection broke, or the backend has a fault of its own. */
  readonly passing: boolean;

  constructor(message: string, { passing = false, cause }: { passing?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.passing = passing;
  }
}
