import { styleText } from 'node:util';
import { CannotRun } from './attack/attack.ts';

/**
 * Reads the arguments of a command. Returns undefined if there is nothing to run: `read` returns "help", which is printed, or throws, which is
 * printed with the help and makes the exit code 2.
 */
export function readArguments<T>(help: string, read: () => T | 'help'): T | undefined {
  try {
    const wish = read();
    if (wish !== 'help') return wish;
    process.stdout.write(help);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    process.exitCode = 2;
  }
  return undefined;
}

/** Runs a command. If the machine lacks something, prints what, and makes the exit code 1. */
export async function runIfPossible(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    process.stderr.write(`${error.message}.\n`);
    process.exitCode = 1;
  }
}

/** Reports progress on stderr. */
export function say(line: string): void {
  process.stderr.write(`${styleText('dim', `  ${line}`)}\n`);
}

/** Reads the value of an option. Throws if it is not a whole number from 1 to `max`. */
export function wholeNumber(option: string, value: string, max: number): number {
  if (!/^[1-9]\d*$/.test(value) || Number(value) > max)
    throw new Error(`${option} must be a whole number from 1 to ${max}, not "${value}".`);
  return Number(value);
}

export type TableRow = readonly [what: string, count: number, mustBe0: boolean];

/** Prints what was counted. Returns whether all that must be 0 is 0. */
export function printTable(rows: readonly TableRow[]): boolean {
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, count, mustBe0] of rows) {
    process.stdout.write(`${mustBe0 ? (count === 0 ? '✓' : '✗') : ' '} ${what.padEnd(width)}${String(count).padStart(8)}\n`);
  }
  return rows.every(([, count, mustBe0]) => !mustBe0 || count === 0);
}
