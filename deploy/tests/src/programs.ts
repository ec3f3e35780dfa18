import { spawnSync } from 'node:child_process';

/** Runs a program. Returns what it printed; its exit code too if that is not 0. */
export function run(name: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8', input, maxBuffer: 64 << 20 });
  if (error) throw error;
  return status === 0 ? stdout : `exit code ${status}\n${stdout}${stderr}`;
}
