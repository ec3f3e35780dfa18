import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Returns the command line of a running process, or undefined if there is none. It tells a process from a later one with the same id. */
export function commandLine(pid: number): string | undefined {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim() || undefined;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
  } catch {
    return undefined;
  }
}
