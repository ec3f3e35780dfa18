import { lastLines, StartError } from './start-error.ts';

/** What Postgres says when it cannot start, and what to do about it. */
const known: readonly [pattern: RegExp, meaning: (dir: string) => string][] = [
  [
    /initialized by PostgreSQL version (\S+),/,
    (dir) => `The data in ${dir} was written by another major version of Postgres. Start with --reset to begin anew.`,
  ],
  [/No space left on device|Check free disk space/, (dir) => `The disk that holds ${dir} is full. Free some space and start again.`],
  [/Address already in use/, () => 'The port for Postgres is in use. Stop what listens there, or leave the choice of the port to Waymark.'],
  [
    /Permission denied|Read-only file system|wrong ownership/,
    (dir) => `This user may not write in ${dir}. Make it yours (chown), or remove it.`,
  ],
  [/lock file "postmaster.pid" already exists/, (dir) => `Another Postgres is running on ${dir}. Stop it and start again.`],
  [
    /could not \w+ shared memory/,
    () => 'The system grants Postgres too little shared memory. In a container, give it more with --shm-size.',
  ],
  [
    /could not be started: .*ENOENT|error while loading shared libraries/,
    () => 'The Postgres from npm needs glibc, which this system lacks (Alpine?).',
  ],
];

/** The error for a Postgres or initdb that ended too early, from what it wrote. */
export function postgresFailure(program: string, ended: string, lines: readonly string[], dir: string): StartError {
  const output = [...lines, ended].join('\n');
  const meaning = known.find(([pattern]) => pattern.test(output))?.[1](dir);
  return new StartError(`${meaning ?? 'Postgres did not start.'} The program ${program} ${ended}. ${lastLines(lines)}`);
}

const meanings: Record<string, string> = {
  EACCES: 'This user may not write there. Make it yours (chown), or remove it.',
  EPERM: 'This user may not write there. Make it yours (chown), or remove it.',
  EROFS: 'The file system is read-only. Use a checkout on a writable one.',
  ENOSPC: 'The disk is full. Free some space and start again.',
  EDQUOT: 'Your disk quota is used up. Free some space and start again.',
};

/** The same error, with its mend when it is one that a user can mend. */
export function fileFailure(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const meaning = meanings[code ?? ''];
  return meaning ? new StartError(`${message}\n  ${meaning}`, { cause: error }) : error;
}
