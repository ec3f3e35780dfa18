import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { clientOf, closeClients } from './client.ts';
import { listening } from './testing/serve.ts';
import { thingsApi } from './testing/things.ts';
import { until } from './testing/until.ts';

afterAll(closeClients);
afterEach(() => void jest.restoreAllMocks());

/** A server that answers with its name; requests for `held` only when that is called. */
function named(name: string): { server: Server; held: (() => void)[] } {
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    const answer = (): void => void response.end(JSON.stringify({ name, size: 1 }));
    if (request.url?.endsWith('held')) held.push(answer);
    else answer();
  });
  return { server, held };
}

/** Makes the host name `things.test` an alias of the address that `current` returns. */
function resolve(current: () => string): void {
  const real = dns.lookup;
  const lookup = (host: string, ...rest: unknown[]): void =>
    (real as (...args: unknown[]) => void)(host === 'things.test' ? current() : host, ...rest);
  jest.spyOn(dns, 'lookup').mockImplementation(lookup);
}

test('follows a host name that moves to another address, without failing a request in progress', async () => {
  const first = named('old');
  await using old = await listening(first.server);
  const moved = named('new').server;
  moved.listen(old.port, '::1');
  await once(moved, 'listening');
  let address = '127.0.0.1';
  resolve(() => address);
  const things = clientOf(thingsApi, `http://things.test:${old.port}`);
  const ask = async (id = 'lamp'): Promise<string> => (await things.get({ params: { id } })).name;
  const hold = async (count: number): Promise<Promise<string>[]> => {
    const asked = Array.from({ length: count }, () => ask('held'));
    await until(
      () => first.held.length,
      (length) => length === count,
      'the requests to arrive',
    );
    return asked;
  };
  const release = (): void => first.held.splice(0).forEach((answer) => answer());
  try {
    // Two connections: one is idle when the address changes, and one has a request.
    const two = await hold(2);
    release();
    expect(await Promise.all(two)).toEqual(['old', 'old']);
    const [inProgress] = await hold(1);
    address = '::1';
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 40_000);
    expect(await ask()).toBe('new');
    release();
    expect(await inProgress).toBe('old');
    expect(await ask()).toBe('new');
  } finally {
    moved.close();
    moved.closeAllConnections();
  }
});
