import { expect, test } from '@jest/globals';
import '@waymark/trace-testing/jest';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop } from './own-shop.ts';

test('after a service or Postgres is killed and restarted, orders are fulfilled with complete traces', async () => {
  const notes: string[] = [];
  await using own = await startOwnShop({}, { onRestart: (note) => void notes.push(note) });
  const { shop, demo, traces } = own;
  const before = await demo.place('desk-lamp');
  await demo.ended(before.body.id);
  expect(await traces.of(before)).toBeComplete();

  for (const [part, pid] of [
    ['inventory', shop.pid('inventory') ?? 0],
    ['Postgres', shop.postgres?.child.pid ?? 0],
  ] as const) {
    process.kill(pid, 'SIGKILL');
    await until(
      () => Promise.resolve(notes.at(-1)),
      (note) => note === `${part} is ready again`,
      `${part} to be ready again`,
    );
    // Right after a restart, a circuit breaker may still be open, or a pool may have a broken connection.
    const { body } = await until(
      () => demo.place('desk-lamp'),
      ({ status }) => status === 201,
      `an order to be accepted after ${part} was restarted`,
    );
    expect(await demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });
  }
  expect(notes[0]).toBe('inventory was ended by SIGKILL; restarting in 0.5 s');
  expect(await traces.of(before)).toBeComplete();
  const after = await demo.place('desk-lamp');
  await demo.ended(after.body.id);
  expect(await traces.of(after)).toBeComplete();
});
