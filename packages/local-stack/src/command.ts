import { readArguments, usage, UsageError } from './arguments.ts';
import { StartError } from './start-error.ts';
import { start } from './start.ts';

/** Runs `pnpm start` and returns the exit code: 0 after a requested stop, 1 after a failure, 2 for invalid arguments. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  try {
    const args = readArguments(argv);
    if (args.help) console.log(usage);
    else await start(args, root);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${usage}`);
      return 2;
    }
    console.error(error instanceof StartError ? `\n${error.message}` : error);
    return 1;
  }
}
