import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '../..');

/** Runs `docker`. Returns what it printed; rejects if it fails. */
export async function docker(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Runs `docker compose` for the project under test, with further environment variables. */
export const composeWith = async (env: Record<string, string>, ...args: string[]): Promise<string> =>
  docker(['compose', '--project-name', process.env['COMPOSE_PROJECT'] ?? '', '--project-directory', ROOT, ...args], env);

/** Runs `docker compose` for the project under test. */
export const compose = async (...args: string[]): Promise<string> => composeWith({}, ...args);
