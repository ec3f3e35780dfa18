import { lastLines, StartError } from './start-error.ts';

/** Maps output of Postgres to the cause and what to do. */
const known: readonly [pattern: RegExp, meaning: (dir: string) => string][] = [
  [
    /initialized by PostgreSQL version (\S+),/,
    (dir) => `The data in ${dir} is from another major version of Postgres. Start with --reset to delete it and start over.`,
  ],
  [/No space left on device|Check free disk space/, (dir) => `The disk that holds ${dir} is full. Free some space and start again.`],
  [/Address already in use/, () => 'The port for Postgres is in use. Stop the program that listens there, or let Waymark choose a port.'],
  [
    /Permission denied|Read-only file system|wrong ownership/,
    (dir) => `This user has no permission to write to ${dir}. Change its owner (chown) or remove it.`,
  ],
  [/lock file "postmaster.pid" already exists/, (dir) => `Another Postgres is running on ${dir}. Stop it and start again.`],
  [/could not \w+ shared memory/, () => 'Postgres does not get enough shared memory. In a container, give it more with --shm-size.'],
  [
    /could not be started: .*ENOENT|error while loading shared libraries/,
    () => 'The Postgres from npm needs glibc, which this system lacks (Alpine?).',
  ],
];

/** Returns the error for a Postgres or initdb that ended too early, based on its output. */
export function postgresFailure(program: string, ended: string, lines: readonly string[], dir: string): StartError {
  const output = [...lines, ended].join('\n');
  const meaning = known.find(([pattern]) => pattern.test(output))?.[1](dir);
  return new StartError(`${meaning ?? 'Postgres did not start.'} The program ${program} ${ended}. ${lastLines(lines)}`);
}

const meanings: Record<string, string> = {
  EACCES: 'This user has no permission to write there. Change the owner (chown) or remove it.',
  EPERM: 'This user has no permission to write there. Change the owner (chown) or remove it.',
  EROFS: 'The file system is read-only. Use a checkout on a writable file system.',
  ENOSPC: 'The disk is full. Free some space and start again.',
  EDQUOT: 'Your disk quota is used up. Free some space and start again.',
};

/** Adds the fix to an error that the user can fix. Returns other errors unchanged. */
export function fileFailure(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const meaning = meanings[code ?? ''];
  return meaning ? new StartError(`${message}\n  ${meaning}`, { cause: error }) : error;
}
