import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine } from './command-line.ts';
import { fileFailure } from './postgres-failure.ts';
import { StartError } from './start-error.ts';

/** Makes this process the only one that uses `dir`, until disposal. Throws a StartError that names the other process if there is one. */
export async function lockCheckout(dir: string): Promise<AsyncDisposable> {
  const file = join(dir, 'lock');
  try {
    await mkdir(dir, { recursive: true });
    // The lock holds the process id and its command line. It is stale if that process has ended or another program has its id now.
    await removeIfStale(file);
    await writeFile(file, `${process.pid}\n${commandLine(process.pid)}\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(dir, (await readFile(file, 'utf8')).split('\n')[0]);
    throw fileFailure(error);
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

async function removeIfStale(file: string): Promise<void> {
  const [pid, command] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (!command || commandLine(Number(pid)) !== command) await rm(file, { force: true });
}

const inUse = (dir: string, pid: string | undefined) =>
  new StartError(`The shop of this checkout is already running: process ${pid} uses ${dir}. Stop it with Ctrl-C, or: kill ${pid}`);
