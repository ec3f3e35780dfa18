import { expect, test } from '@jest/globals';
import { recordLog } from './testing/record-log.ts';
import { serveThings } from './testing/serve-things.ts';

const { log, lines } = recordLog();

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url);
  return [response.status, await response.json(), response.headers.get('connection')];
}

test('a service that can work is ready', async () => {
  await using server = await serveThings(log);
  expect(await ask(`${server.url}/healthz`)).toEqual([200, { status: 'ok' }, 'keep-alive']);
  expect(await ask(`${server.url}/readyz`)).toEqual([200, { status: 'ok' }, 'keep-alive']);
});

const unreachable = (): Promise<never> => Promise.reject(new Error('The database cannot be reached now.'));

test('one that cannot is not, and says why; it lives all the same', async () => {
  await using server = await serveThings(log, { check: unreachable, draining: false });
  expect(await ask(`${server.url}/readyz`)).toEqual([
    503,
    { status: 'unavailable', reason: 'The database cannot be reached now.' },
    'keep-alive',
  ]);
  expect(await ask(`${server.url}/healthz`)).toEqual([200, { status: 'ok' }, 'keep-alive']);
});

test('one that drains is not ready, answers what still comes, and keeps no connection', async () => {
  await using server = await serveThings(log, { check: unreachable, draining: true });
  expect(await ask(`${server.url}/readyz`)).toEqual([503, { status: 'unavailable', reason: 'draining' }, 'close']);
  expect(await ask(`${server.url}/things?limit=1`)).toEqual([200, { items: [{ name: 'thing 0', size: 1 }] }, 'close']);
  expect(await ask(`${server.url}/nowhere`)).toEqual([404, expect.anything(), 'close']);
});

test('probes are neither logged nor traced', async () => {
  lines.length = 0;
  await using server = await serveThings(log);
  expect((await fetch(`${server.url}/readyz`)).headers.get('x-trace-id')).toBeNull();
  expect(lines).toEqual([]);
});
