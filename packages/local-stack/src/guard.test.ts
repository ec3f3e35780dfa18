import { expect, test } from '@jest/globals';
import { childrenOf, gone, runProgram } from './testing/processes.ts';
import { forTest } from './testing/for-test.ts';

test('when a launcher is killed, its children end, even those that ignore SIGTERM, and then the guard ends', async () => {
  const launcher = forTest(runProgram('children-program'));
  await launcher.said('ready');
  const left = childrenOf(launcher.process.pid);
  launcher.process.kill('SIGKILL');
  await gone(left);
  expect(left).toHaveLength(3);
}, 20_000);

test('the guard survives the signals that end a terminal session', async () => {
  const launcher = forTest(runProgram('children-program', [], { detached: true }));
  await launcher.said('ready');
  const left = childrenOf(launcher.process.pid);
  process.kill(-launcher.process.pid, 'SIGHUP');
  await gone(left);
  expect(await launcher.ended).toBe('SIGHUP');
}, 20_000);
