import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child.ts';
import { commandLine } from './command-line.ts';
import { postgresFailure } from './postgres-failure.ts';
import { StartError } from './start-error.ts';
import { giveTo, type Unprivileged } from './unprivileged.ts';

/** `dir` holds the superuser's password and, in `data`, the files of Postgres. */
export const dataIn = (dir: string) => join(dir, 'data');

/**
 * Prepares `dir` for Postgres and creates the database cluster if there is none. Returns the superuser's password. It is random, in a file
 * that only this user can read, because every user of the machine can connect to 127.0.0.1 and a superuser can run programs.
 */
export async function prepareDataDirectory(dir: string, initdb: string, { prefix, owner }: Unprivileged): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const password = await passwordIn(dir);
  const data = dataIn(dir);
  if (!existsSync(data)) {
    // The folder gets its final name only when initdb is done, so an interrupted initdb starts over.
    const unfinished = `${data}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await giveTo(owner, dir);
    await runInitdb([...prefix, initdb], unfinished, join(dir, 'password'));
    await rename(unfinished, data);
  }
  await giveTo(owner, dir);
  await giveTo(owner, data);
  return password;
}

async function passwordIn(dir: string): Promise<string> {
  const file = join(dir, 'password');
  if (!existsSync(file)) await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return await readFile(file, 'utf8');
}

async function runInitdb([file = '', ...prefix]: string[], data: string, passwordFile: string): Promise<void> {
  const args = ['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  // The same sort order on every machine, independent of its locales.
  args.push('--no-locale', '--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8');
  args.push('--no-instructions', '--no-sync');
  const child = startChild(file, [...prefix, ...args], { cwd: '/', env: { PATH: process.env['PATH'] }, guardSignal: 'TERM' });
  const ended = await child.ended;
  if (ended !== 'exited with code 0') throw postgresFailure('initdb', ended, child.lines(), data);
}

/** Stops a Postgres that an earlier run left on `dir` and removes its lock file. The caller must make sure that no other run uses `dir`. */
export async function stopLeftover(dir: string): Promise<void> {
  const lockFile = join(dataIn(dir), 'postmaster.pid');
  const pid = Number.parseInt(await readFile(lockFile, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const isOurs = () => commandLine(pid)?.includes(dataIn(dir));
  if (isOurs()) process.kill(pid, 'SIGINT');
  for (let tries = 0; isOurs(); tries++) {
    if (tries === 50)
      throw new StartError(`Postgres from an earlier start (process ${pid}) does not stop. Stop it with: kill -QUIT ${pid}`);
    await delay(100);
  }
  // Postgres would mistake any process that has this id now for a Postgres.
  await rm(lockFile, { force: true });
}
