/** A failure the user can mend: its message names cause and mend, so it is shown without a stack. */
export class StartError extends Error {
  override name = 'StartError';
}

const SHOWN_LINES = 15;

/** The end of what a process wrote, as the end of an error message. */
export const lastLines = (lines: readonly string[]): string =>
  lines.length === 0 ? 'It wrote nothing.' : ['Its last lines:', ...lines.slice(-SHOWN_LINES).map((line) => `  ${line}`)].join('\n');
