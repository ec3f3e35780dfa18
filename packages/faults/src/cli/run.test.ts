import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFaults } from '../fault.ts';
import { run } from './run.ts';

const FILE = join(import.meta.dirname, '../../../../deploy/faults.flagd.json');

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'));
  file = join(folder, 'faults.flagd.json');
  await cp(FILE, file);
});
afterEach(async () => rm(folder, { recursive: true }));

const fault = (...args: string[]) => run([...args, '--file', file], folder);
const states = async () =>
  Object.fromEntries(readFaults(await readFile(file, 'utf8')).map(({ name, on, percent }) => [name, on && percent]));

test('faults are switched on and off, and the file is as before', async () => {
  expect(await fault('on', 'auth-slow', 'slow-query')).toMatchObject({
    code: 0,
    out: expect.stringContaining('On for every request: auth-slow, slow-query'),
  });
  expect(await states()).toMatchObject({ 'auth-slow': 100, 'slow-query': 100, 'job-poisoned': false });
  expect((await fault('list')).out).toMatch(/^auth-slow +on /m);
  await fault('off', '--all');
  expect(await readFile(file, 'utf8')).toBe(await readFile(FILE, 'utf8'));
});

test('a fault can be on for a share of the requests', async () => {
  expect((await fault('on', 'auth-slow', '--percent', '20')).out).toContain('On for 20 % of the requests: auth-slow');
  expect(await states()).toMatchObject({ 'auth-slow': 20, 'slow-query': false });
  expect((await fault('list')).out).toMatch(/^auth-slow +on 20 % /m);
  await fault('on', 'auth-slow');
  expect(await states()).toMatchObject({ 'auth-slow': 100 });
});

test('show says what a fault does and how to ask for it', async () => {
  const { out, code } = await fault('show', 'auth-slow');
  expect([code, out]).toEqual([0, expect.stringContaining('auth, route introspect: waits 120 ms, fails with 503 (25 % of the time)')]);
  expect(out).toContain("curl -H 'x-waymark-fault: auth-slow'");
});

test.each([
  { args: ['on', 'auth-slwo'], code: 2, err: 'There is no fault "auth-slwo". There are: auth-slow, ' },
  { args: ['on'], code: 2, err: 'Name a fault: pnpm fault on auth-slow' },
  { args: ['frobnicate'], code: 2, err: 'There is no command "frobnicate".' },
  { args: ['on', 'auth-slow', '--percent', '0'], code: 2, err: '--percent is a whole number from 1 to 100, not "0".' },
  { args: ['off', 'auth-slow', '--percent', '5'], code: 2, err: '--percent goes with "on" only.' },
  { args: ['list', '--frob'], code: 2, err: "Unknown option '--frob'" },
])('$args is refused with exit code $code', async ({ args, code, err }) => {
  expect(await fault(...args)).toMatchObject({ code, out: '', err: expect.stringContaining(err) });
  expect(await readFile(file, 'utf8')).toBe(await readFile(FILE, 'utf8'));
});

test('without a running shop, it says how to start one', async () => {
  expect(await run(['list'], folder)).toEqual({
    code: 1,
    out: '',
    err: '.waymark/faults.flagd.json does not exist. Start the shop with `pnpm start`, or name the file of another shop with --file.\n',
  });
});

test('--help, and no command, show the help', async () => {
  for (const args of [['--help'], []])
    expect(await run(args, folder)).toMatchObject({ code: 0, out: expect.stringContaining('pnpm fault on <name>') });
});
