import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFaults } from './fault.ts';
import { Faults } from './faults.ts';
import { run } from './cli/run.ts';

const FILE = join(import.meta.dirname, '../../../deploy/faults.flagd.json');

let folder: string;
let file: string;
let faults: Faults;
const warnings: string[] = [];
beforeEach(async () => {
  warnings.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'faults-'));
  file = join(folder, 'faults.flagd.json');
  await cp(FILE, file);
  faults = await Faults.open(file, 'order', (message) => warnings.push(message));
});
afterEach(async () => {
  await faults.close();
  await rm(folder, { recursive: true });
});

/** Waits until the service has noticed a change of the file. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(10);
}

const hit = async () => (await faults.at('route placeOrder'))?.names;

test('a fault hits when it is switched on, and no more when it is switched off', async () => {
  expect(await hit()).toBeUndefined();
  await run(['on', 'order-burns-cpu', '--file', file], folder);
  await until(async () => (await hit()) === 'order-burns-cpu');
  await run(['off', '--all', '--file', file], folder);
  await until(async () => (await hit()) === undefined);
});

test('a fault of another service does not hit', async () => {
  expect(faults.couldHit('route placeOrder')).toBe(true);
  expect(faults.couldHit('route introspect')).toBe(false);
});

test('a file that becomes invalid is reported, and the faults stay as they were', async () => {
  await run(['on', 'order-burns-cpu', '--file', file], folder);
  await until(async () => (await hit()) === 'order-burns-cpu');
  await writeFile(file, '{ "flags": {');
  await until(() => warnings.length > 0);
  expect(warnings[0]).toMatch(/is invalid, so the faults stay as they were: /);
  expect(await hit()).toBe('order-burns-cpu');
});

type On = { service: string; at: string; effects: object[] };

test.each([
  { wrong: (on: On) => (on.at = 'routes introspect'), message: 'is not a place, such as "route introspect"' },
  { wrong: (on: On) => (on.effects = [{ do: 'poison' }]), message: '"poison" cannot be done at "route introspect", only latency, ' },
  { wrong: (on: On) => (on.effects = [{ do: 'latency', ms: 'long' }]), message: 'expected number' },
  { wrong: (on: On) => (on.effects = []), message: 'flags.auth-slow.variants.on.effects: ' },
])('a fault that makes no sense is refused: $message', async ({ wrong, message }) => {
  const content = JSON.parse(await readFile(FILE, 'utf8')) as { flags: Record<string, { variants: { on: On } }> };
  wrong(content.flags['auth-slow']!.variants.on);
  expect(() => readFaults(JSON.stringify(content))).toThrow(message);
});
