import { expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { startPostgres } from './postgres.ts';
import { childrenOf, gone, runProgram, runs } from './testing/processes.ts';
import { forTest } from './testing/for-test.ts';

/** A folder that only this user can enter, like some checkouts. */
async function folder(): Promise<AsyncDisposable & { dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'waymark-test-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

const remember = (url: string) => ask(url, 'create table kept as select 42 as answer');
const recall = (url: string) => ask(url, 'select answer from kept');
const asNormalUser = process.geteuid?.() === 0 ? 'unshare --user --map-user=1000 --map-group=1000'.split(' ') : [];

test('data survives a stop', async () => {
  const home = forTest(await folder());
  const stopped = forTest(await startPostgres(home));
  await remember(stopped.url);
  await stopped.close();
  const postgres = forTest(await startPostgres(home));
  expect(await recall(postgres.url)).toBe(42);
}, 60_000);

test('data survives when Postgres is killed', async () => {
  const home = forTest(await folder());
  const killed = forTest(await startPostgres(home));
  await remember(killed.url);
  killed.child.kill('SIGKILL');
  expect(await killed.child.ended).toBe('was ended by SIGKILL');
  const postgres = forTest(await startPostgres(home));
  expect(await recall(postgres.url)).toBe(42);
}, 60_000);

test.each([
  ['this user', []],
  ['a normal user', asNormalUser],
])(
  'run as %s, Postgres ends when its launcher is killed, and the data survives',
  async (_, prefix) => {
    const home = forTest(await folder());
    for (const access of [remember, recall]) {
      const launcher = forTest(runProgram('postgres-program', [home.dir], { prefix }));
      const [, url = ''] = /url (\S+)/.exec(await launcher.said('end')) ?? [];
      await access(url);
      const left = childrenOf(launcher.process.pid);
      launcher.process.kill('SIGKILL');
      await gone(left);
      expect(left).toHaveLength(2);
    }
  },
  60_000,
);

test('stops a Postgres that an earlier run left behind', async () => {
  const home = forTest(await folder());
  const leftBehind = forTest(await startPostgres(home));
  await remember(leftBehind.url);
  const postgres = forTest(await startPostgres(home));
  expect(await leftBehind.child.ended).toBe('exited with code 0');
  expect(await recall(postgres.url)).toBe(42);
}, 60_000);

test('ignores a lock file that names another program, and leaves that program alone', async () => {
  const home = forTest(await folder());
  await (await startPostgres(home)).close();
  const stranger = forTest(runProgram('children-program'));
  await stranger.said('ready');
  await writeFile(join(home.dir, 'data/postmaster.pid'), `${stranger.process.pid}\n`);
  const postgres = forTest(await startPostgres(home));
  expect([postgres.child.isRunning(), runs(stranger.process.pid)]).toEqual([true, true]);
}, 60_000);

test('root without user namespaces runs Postgres as nobody', async () => {
  const home = forTest(await folder());
  const tools = forTest(await folder());
  for (const tool of ['true', 'setpriv']) await symlink(`/usr/bin/${tool}`, join(tools.dir, tool));
  const launcher = forTest(runProgram('postgres-program', [home.dir], { env: { PATH: tools.dir } }));
  expect(await launcher.said('end')).toContain('url ');
}, 60_000);

test('root with no way to become another user gets an error that says so', async () => {
  const home = forTest(await folder());
  const launcher = forTest(runProgram('postgres-program', [home.dir], { env: { PATH: home.dir } }));
  expect(await launcher.said('end')).toContain(asNormalUser.length > 0 ? 'Postgres refuses to run as root' : 'url ');
}, 60_000);

test('the error names a folder without write permission, and how to fix it', async () => {
  const home = forTest(await folder());
  await chmod(home.dir, 0o500);
  const launcher = forTest(runProgram('postgres-program', [join(home.dir, 'postgres')], { prefix: asNormalUser }));
  expect(await launcher.said('end')).toMatch(/^StartError: .*\/postgres'\n.*Change the owner/);
}, 60_000);

test('the error for data of another major version says so', async () => {
  const home = forTest(await folder());
  await (await startPostgres(home)).close();
  await writeFile(join(home.dir, 'data/PG_VERSION'), '17\n');
  await expect(startPostgres(home)).rejects.toThrow(/another major version of Postgres. Start with --reset/);
}, 60_000);

test('the error for a port in use says so', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(startPostgres({ port })).rejects.toThrow(/The port for Postgres is in use/);
  server.close();
}, 60_000);
