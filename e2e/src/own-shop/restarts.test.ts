import { expect, test } from '@jest/globals';
import '@waymark/trace-testing/jest';
import { spawnSync } from 'node:child_process';
import { until } from '../shop/until.ts';
import { startOwnShop } from './own-shop.ts';

/** The process with this title. */
function pidOf(title: string): number {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' });
  const line = stdout.split('\n').find((one) => one.trim().endsWith(` ${title}`));
  return Number(line?.trim().split(' ')[0]);
}

test('after a service or Postgres is killed and started again, orders are fulfilled as before, with complete traces', async () => {
  const title = `inventory-of-${process.pid}`;
  const notes: string[] = [];
  await using own = await startOwnShop({ inventory: { NODE_OPTIONS: `--title=${title}` } }, { onRestart: (note) => void notes.push(note) });
  const { shop, demo, traces } = own;
  const before = await demo.place('desk-lamp');
  await demo.ended(before.body.id);
  expect(await traces.of(before)).toBeComplete();

  for (const [part, pid] of [
    ['inventory', pidOf(title)],
    ['Postgres', shop.postgres?.child.pid ?? 0],
  ] as const) {
    process.kill(pid, 'SIGKILL');
    await until(
      () => Promise.resolve(notes.at(-1)),
      (note) => note === `${part} is ready again`,
      `${part} to be ready again`,
    );
    // Right after a restart a breaker may still be open, or a pool may hold a broken connection.
    const { body } = await until(
      () => demo.place('desk-lamp'),
      ({ status }) => status === 201,
      `an order to be taken after ${part} came back`,
    );
    expect(await demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });
  }
  expect(notes[0]).toBe('inventory was ended by SIGKILL; starting it again in 0.5 s');
  expect(await traces.of(before)).toBeComplete();
  const after = await demo.place('desk-lamp');
  await demo.ended(after.body.id);
  expect(await traces.of(after)).toBeComplete();
});
