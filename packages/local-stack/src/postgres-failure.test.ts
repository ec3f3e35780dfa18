import { expect, test } from '@jest/globals';
import { fileFailure, postgresFailure } from './postgres-failure.ts';

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', /^The disk that holds \/data is full\. Free some space/],
  ['selecting dynamic shared memory implementation ... posix\nHINT:  Check free disk space.', /^The disk that holds \/data is full\./],
  ['FATAL:  could not create lock file "postmaster.pid": Permission denied', /^This user has no permission to write to \/data\./],
  ['initdb: error: could not access directory "/data": Read-only file system', /^This user has no permission to write to \/data\./],
  ['FATAL:  could not resize shared memory segment "/PostgreSQL.1" to 8 bytes', /^Postgres does not get enough shared memory\./],
  ['FATAL:  bad luck', /^Postgres did not start\. The program postgres exited with code 1\. Its last lines:\n {2}FATAL: {2}bad luck$/],
])('%s', (line, message) => {
  expect(postgresFailure('postgres', 'exited with code 1', [line], '/data').message).toMatch(message);
});

test('explains a binary that the system cannot load', () => {
  expect(postgresFailure('initdb', 'could not be started: spawn initdb ENOENT', [], '/data').message).toContain('needs glibc');
});

test.each(['EACCES', 'EROFS', 'ENOSPC', 'EDQUOT'])('the message for %s says how to fix it', (code) => {
  const error = Object.assign(new Error(`${code}: mkdir '/data'`), { code });
  expect(fileFailure(error)).toMatchObject({ name: 'StartError', message: expect.stringMatching(/\/data'\n {2}\w/) });
});

test('returns any other error unchanged', () => {
  const error = new TypeError('oops');
  expect(fileFailure(error)).toBe(error);
});
