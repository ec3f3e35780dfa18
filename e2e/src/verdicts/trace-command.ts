import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../packages/trace-testing/src/cli/main.ts');

/** Runs the `trace` command and returns its output. */
export async function traceCommand(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}
