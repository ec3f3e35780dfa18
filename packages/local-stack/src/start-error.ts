/** A failure that the user can fix. Its message has the cause and the fix, so it is shown without a stack trace. */
export class StartError extends Error {
  override name = 'StartError';
}

const SHOWN_LINES = 15;

/** Formats the last lines of a process's output for the end of an error message. */
export const lastLines = (lines: readonly string[]): string =>
  lines.length === 0 ? 'It wrote nothing.' : ['Its last lines:', ...lines.slice(-SHOWN_LINES).map((line) => `  ${line}`)].join('\n');
