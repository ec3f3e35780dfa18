import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { RequestLimit } from './limit.ts';
import { attribute, receivedSpans } from './testing/span-receiver.ts';
import { until } from './testing/until.ts';
import { Problem } from './problem.ts';
import { recordLog } from './testing/record-log.ts';
import { serveThings } from './testing/serve-things.ts';

const { log, lines } = recordLog();
const spans = receivedSpans();

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

test('a service that cannot work is alive but not ready, and says why', async () => {
  await using server = await serveThings(log, { ready: unreachable });
  expect(await ask(`${server.url}/readyz`)).toEqual([
    503,
    { status: 'unavailable', reason: 'The database cannot be reached now.' },
    'keep-alive',
  ]);
  expect(await ask(`${server.url}/healthz`)).toEqual([200, { status: 'ok' }, 'keep-alive']);
});

test('a stopping service is not ready, still answers, and closes its connections', async () => {
  await using server = await serveThings(log, { ready: unreachable });
  server.announceStop();
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

/** Sends bytes and parses the response, which ends when the connection is closed. */
async function send(port: number, bytes: string): Promise<{ status: number; headers: Headers; body: unknown }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n', 2);
  const [first = '', ...fields] = head.split('\r\n');
  const headers = new Headers(fields.map((field) => field.split(': ', 2) as [string, string]));
  return { status: Number(first.split(' ')[1]), headers, body: JSON.parse(body) };
}

test.each([
  ['a method that HTTP does not know', 400, 'malformed_request', 'BREW /things HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a target that is not a URL', 400, 'malformed_request', 'GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['an expectation', 417, 'expectation_failed', 'GET /things HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n'],
  ['too many headers', 431, 'headers_too_large', `GET /things HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['a body whose length is not a number', 400, 'malformed_request', 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n'],
])('%s gets a %i with a problem document, a log line and a trace', async (_, status, code, bytes) => {
  await using server = await serveThings(log);
  lines.length = 0;
  const answer = await send(server.port, bytes);
  const traceId = answer.headers.get('x-trace-id');
  expect(answer).toMatchObject({ status, body: { status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) } });
  expect([answer.headers.get('content-type'), (answer.body as { traceId: string }).traceId]).toEqual(['application/problem+json', traceId]);
  expect(lines).toMatchObject([{ status, code, msg: 'request refused' }]);
  expect(server.requests()).toEqual([]);
  const find = () => spans.find((span) => span.traceId === traceId);
  const span = await until(find, (found) => found !== undefined, 'its span');
  const names = ['http.response.status_code', 'waymark.problem.code', 'error.type'];
  expect(names.map((name) => attribute(span, name))).toEqual([String(status), code, undefined]);
});

/** A limit of one request, in use until `release`. */
function taken(): { limit: RequestLimit; release(): Promise<void> } {
  const limit = new RequestLimit(1);
  const open = Promise.withResolvers<void>();
  const held = limit.run(
    () => open.promise,
    () => true,
  );
  const release = async (): Promise<void> => {
    open.resolve();
    await held;
  };
  return { limit, release };
}

test('under overload some requests wait and the rest get 503 with Retry-After and a trace', async () => {
  const { limit, release } = taken();
  await using server = await serveThings(log, { limit });
  const waiting = Array.from({ length: 256 }, () => fetch(`${server.url}/things?limit=1`));
  await until(() => limit.isFull(), Boolean, 'the queue to be full');
  const shed = await fetch(`${server.url}/things?limit=1`);
  expect([shed.status, shed.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await shed.json()).toMatchObject({ code: 'overloaded', traceId: shed.headers.get('x-trace-id') });
  await release();
  const answers = await Promise.all(waiting);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
});

test('the limit can change while requests are in progress', async () => {
  let max = 2;
  const limit = new RequestLimit(() => max, 60_000);
  const inProgress: PromiseWithResolvers<void>[] = [];
  const send = (): Promise<unknown> =>
    limit.run(
      () => {
        const one = Promise.withResolvers<void>();
        inProgress.push(one);
        return one.promise;
      },
      () => true,
    );
  const all = Array.from({ length: 6 }, send);
  await until(
    () => inProgress.length,
    (count) => count === 2,
    'two to be handled',
  );
  max = 1;
  inProgress[0]?.resolve();
  await all[0];
  expect(inProgress).toHaveLength(2);
  max = 3;
  inProgress[1]?.resolve();
  await until(
    () => inProgress.length,
    (count) => count === 5,
    'three more to be handled',
  );
  for (const one of inProgress) one.resolve();
  await until(
    () => inProgress.length,
    (count) => count === 6,
    'the last to be handled',
  );
  inProgress[5]?.resolve();
  await Promise.all(all);
});

test('a request that waits too long is shed, and a request whose caller has gone is not handled', async () => {
  const { limit, release } = taken();
  await using server = await serveThings(log, { limit });
  const gone = new AbortController();
  const abandoned = fetch(`${server.url}/things/lamp`, { signal: gone.signal }).catch(() => 'gone');
  const late = fetch(`${server.url}/things/lamp`);
  await until(
    () => server.requests().length,
    (count) => count === 2,
    'both to wait',
  );
  gone.abort();
  await abandoned;
  expect((await late).status).toBe(503);
  await release();
  expect(await (await fetch(`${server.url}/things/lamp`)).json()).toMatchObject({ name: 'lamp' });
});

test('limits the connections and the requests of one address, probes included', async () => {
  let admitted = 0;
  const edge = {
    connectionsPerAddress: 3,
    proxies: 0,
    admit: () =>
      Promise.resolve((admitted += 1) > 2 ? new Problem(429, 'rate_limited', 'Slower.', { headers: { 'retry-after': '1' } }) : undefined),
  };
  await using server = await serveThings(log, { edge });
  const sockets = [1, 2, 3].map(() => connect(server.port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const fourth = connect(server.port, '127.0.0.1').on('error', () => undefined);
  fourth.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => fourth.closed, Boolean, 'the fourth connection to be closed');
  expect(admitted).toBe(0);
  for (const socket of sockets) socket.destroy();
  const ask = async (): Promise<number> =>
    fetch(`${server.url}/healthz`, { headers: { connection: 'close' } }).then(
      ({ status }) => status,
      () => 0,
    );
  await until(ask, (status) => status !== 0, 'a connection to be free');
  await until(ask, (status) => status !== 200, 'the rate limit to be reached');
  expect(await ask()).toBe(429);
});

test('one address from outside has at most half of the places and of the queue', async () => {
  const limit = new RequestLimit(4);
  const open = Promise.withResolvers<void>();
  const handled: string[] = [];
  const send = (caller: string): Promise<unknown> => {
    const handle = async (): Promise<void> => {
      handled.push(caller);
      await open.promise;
    };
    return limit.run(handle, () => true, caller);
  };
  const greedy = Array.from({ length: 130 }, () => send('greedy'));
  expect([handled.length, limit.isFull('greedy'), limit.isFull('another')]).toEqual([2, true, false]);
  await expect(send('greedy')).rejects.toMatchObject({ code: 'overloaded' });
  const others = [send('another'), send('another')];
  expect(handled).toEqual(['greedy', 'greedy', 'another', 'another']);
  open.resolve();
  await Promise.all([...greedy, ...others]);
  expect(handled).toHaveLength(132);
});

test.each([
  ['no proxy is trusted', 0, '203.0.113.9, 198.51.100.7', '127.0.0.1'],
  ['one proxy: what it added counts, not what the caller wrote', 1, '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['two proxies', 2, '192.0.2.1, 203.0.113.9, 198.51.100.7', '203.0.113.9'],
  ['a request that came past the proxy', 1, '', '127.0.0.1'],
])('the address of the caller, if %s', async (_, proxies, forwarded, address) => {
  const admitted: string[] = [];
  const admit = (from: string): Promise<Problem | undefined> => {
    admitted.push(from);
    return Promise.resolve(undefined);
  };
  await using server = await serveThings(log, { edge: { connectionsPerAddress: 10, proxies, admit } });
  const traceId = (await fetch(`${server.url}/things/lamp`, { headers: { 'x-forwarded-for': forwarded } })).headers.get('x-trace-id');
  const span = await until(() => spans.find((one) => one.traceId === traceId), Boolean, 'its span');
  expect([admitted, attribute(span, 'client.address')]).toEqual([[address], address]);
});

const DRIPPING: readonly (readonly [what: string, bytes: string, answer: string])[] = [
  ['nothing', '', 'HTTP/1.1 408'],
  ['headers', 'GET /things HTTP/1.1\r\nx-filler: ', 'HTTP/1.1 408'],
  [
    'a body',
    'PUT /things/a HTTP/1.1\r\nhost: x\r\nx-colour: red\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{',
    'HTTP/1.1 408',
  ],
  [
    'chunks',
    'PUT /things/a HTTP/1.1\r\nhost: x\r\nx-colour: red\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1388\r\n',
    'HTTP/1.1 408',
  ],
];

test('answers callers that send too slowly with 408 and closes their connections', async () => {
  await using server = await serveThings(log);
  const answers = DRIPPING.map(async ([what, bytes]) => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    if (bytes) socket.write(bytes);
    const drip = bytes ? setInterval(() => socket.write('x'), 200) : undefined;
    const answer = await text(socket).finally(() => clearInterval(drip));
    return [what, bytes, answer.split(' ', 2).join(' ')];
  });
  expect(await Promise.all(answers)).toEqual(DRIPPING);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
}, 40_000);

test('says how long an idle connection stays open', async () => {
  await using server = await serveThings(log);
  expect((await fetch(`${server.url}/things`)).headers.get('keep-alive')).toBe('timeout=30');
});
