import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program, if it is installed. */
export const findProgram = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** Runs a program. Returns what it printed; its exit code too if that is not 0. */
export function run(name: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8', input, maxBuffer: 64 << 20 });
  if (error) throw error;
  return status === 0 ? stdout : `exit code ${status}\n${stdout}${stderr}`;
}
