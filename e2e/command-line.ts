import { styleText } from 'node:util';

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

/** Reports progress on stderr. */
export function say(line: string): void {
  process.stderr.write(`${styleText('dim', `  ${line}`)}\n`);
}
