import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { choosePorts } from './choose-ports.ts';
import { freePort, isFree } from './free-port.ts';

/** Listens on `port`, unless something else already does. */
async function listener(port: number) {
  const server = createServer().listen(port, '127.0.0.1');
  await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => {});
  return { [Symbol.dispose]: () => server.close() };
}

test('freePort returns a free port, each only once', async () => {
  const ports = new Set<number>();
  for (let count = 0; count < 400; count++) ports.add(await freePort());
  expect(ports.size).toBe(400);
  expect(await isFree(Math.max(...ports))).toBe(true);
});

test('replaces a usual port that is in use by a free one, with a note', async () => {
  using _ = await listener(8083);
  const notes: string[] = [];
  const { inventory } = await choosePorts(undefined, (note) => notes.push(note));
  expect(inventory).not.toBe(8083);
  expect(notes).toContain(`Port 8083 is in use, so inventory uses ${inventory}.`);
});

test("the gateway gets the requested port, even another service's usual one", async () => {
  const asked = (await isFree(8082)) ? 8082 : await freePort();
  const { gateway, order } = await choosePorts(asked, () => {});
  expect(gateway).toBe(asked);
  expect(order).not.toBe(asked);
});
