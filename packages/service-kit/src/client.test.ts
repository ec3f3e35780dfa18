import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOf, closeClients, type Client } from './client.ts';
import { TIMEOUT_HEADER, withDeadline } from './deadline.ts';
import { recordLog } from './testing/record-log.ts';
import { serve, type Served } from './testing/serve.ts';
import { serveThings } from './testing/serve-things.ts';
import { thingsApi } from './testing/things.ts';

afterAll(closeClients);

const FAILED = { name: 'Problem', status: 502, code: 'upstream_failed' };
const UNAVAILABLE = { name: 'Problem', status: 503, code: 'upstream_unavailable' };

describe('with a service of the same contract', () => {
  let server: Served & { requests(): string[] };
  let things: Client<typeof thingsApi>;
  beforeAll(async () => {
    server = await serveThings(recordLog().log);
    things = clientOf(thingsApi, server.url);
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  test('a call sends each part of the request and returns the response', async () => {
    expect(await things.list({ query: {} })).toHaveProperty('items.length', 2);
    expect(await things.list({ query: { limit: 5 } })).toHaveProperty('items.length', 5);
    expect(await things.add({ body: { name: 'bell', size: 3 } })).toEqual({ name: 'bell', size: 3 });
    const call = { params: { id: 'a b/c?ü' }, headers: { 'x-colour': 'red' }, body: { parts: [], note: 'ü' } };
    expect(await things.put(call)).toEqual({ parts: 0, noteLength: 1 });
    expect(server.requests().at(-1)).toBe('PUT /things/a%20b%2Fc%3F%C3%BC');
    expect(await things.remove({ params: { id: 'lamp' } })).toBeUndefined();
  });

  test('passes on a 4xx of the other service unchanged', async () => {
    await expect(things.get({ params: { id: 'gone' } })).rejects.toMatchObject({ status: 404, code: 'not_found', message: 'It is gone.' });
    await expect(things.get({ params: { id: 'sold' } })).rejects.toMatchObject({
      status: 409,
      code: 'out_of_stock',
      message: 'All sold.',
      extra: { errors: [{ at: 'body.x', message: 'too many' }] },
    });
  });

  test('turns a 500 of the other service into 502 upstream_failed', async () => {
    await expect(things.get({ params: { id: 'bug' } })).rejects.toMatchObject({
      ...FAILED,
      message: 'The things service failed.',
    });
  });

  test('passes the deadline on, shorter at each hop', async () => {
    const left = await withDeadline(800, () => things.get({ params: { id: 'deadline' } }));
    expect(left.size).toBeGreaterThan(0);
    expect(left.size).toBeLessThanOrEqual(800);
    const unhurried = await things.get({ params: { id: 'deadline' } });
    expect(unhurried.size).toBeGreaterThan(800);
    expect(unhurried.size).toBeLessThanOrEqual(10_000);
  });

  test('a call whose deadline has passed fails with 504 and is not sent', async () => {
    const before = server.requests().length;
    await expect(withDeadline(-1, () => things.list({ query: {} }))).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded' });
    expect(server.requests()).toHaveLength(before);
  });
});

interface Stub extends AsyncDisposable {
  things: Client<typeof thingsApi>;
  seen: IncomingMessage[];
}

/** A service that answers with `answer`. */
async function stub(answer: (response: ServerResponse, nth: number, request: IncomingMessage) => unknown): Promise<Stub> {
  const seen: IncomingMessage[] = [];
  const server = await serve((request, response) => answer(response, seen.push(request), request));
  return { things: clientOf(thingsApi, server.url), seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const lamp = JSON.stringify({ name: 'lamp', size: 1 });
const get = { params: { id: 'lamp' } };
const add = { body: { name: 'lamp', size: 1 } };

test('a service that does not answer in time causes a 504', async () => {
  await using silent = await stub(() => undefined);
  await expect(withDeadline(100, () => silent.things.get(get))).rejects.toMatchObject({
    status: 504,
    code: 'deadline_exceeded',
    message: 'The things service did not answer in time.',
  });
  expect(silent.seen).toHaveLength(1);
});

test('a response that starts in time but does not end causes a 504', async () => {
  await using slow = await stub((response) => response.write('{'));
  await expect(withDeadline(100, () => slow.things.get(get))).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded' });
});

test('passes on a 504 of the other service', async () => {
  const details = {
    type: '/problems/deadline_exceeded',
    title: 'x',
    status: 504,
    detail: 'The inventory service did not answer in time.',
    code: 'deadline_exceeded',
  };
  await using late = await stub((response) => response.writeHead(504).end(JSON.stringify(details)));
  await expect(late.things.get(get)).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded', message: details.detail });
});

const failures: [string, (response: ServerResponse, nth: number, request: IncomingMessage) => unknown][] = [
  ['a 503', (response) => response.writeHead(503).end()],
  ['a 502', (response) => response.writeHead(502).end()],
  ['a broken connection', (_, __, request) => request.socket.destroy()],
];

test.each(failures)('retries an idempotent call after %s until it succeeds', async (_, fail) => {
  await using shaky = await stub((response, nth, request) => (nth < 3 ? fail(response, nth, request) : response.end(lamp)));
  expect(await shaky.things.get(get)).toEqual({ name: 'lamp', size: 1 });
  expect(shaky.seen).toHaveLength(3);
});

test.each(failures)('an idempotent call fails with 503 after %s three times', async (_, fail) => {
  await using broken = await stub(fail);
  await expect(broken.things.get(get)).rejects.toMatchObject(UNAVAILABLE);
  expect(broken.seen).toHaveLength(3);
});

test.each(failures)('a call that is not idempotent fails with 503 at once after %s', async (_, fail) => {
  await using broken = await stub(fail);
  await expect(broken.things.add(add)).rejects.toMatchObject(UNAVAILABLE);
  expect(broken.seen).toHaveLength(1);
});

test('each attempt sends the time that is left', async () => {
  await using shaky = await stub((response, nth) => response.writeHead(nth < 3 ? 503 : 200).end(lamp));
  await withDeadline(5_000, () => shaky.things.get(get));
  const left = shaky.seen.map(({ headers }) => Number(headers[TIMEOUT_HEADER]));
  expect(left[0]).toBeLessThanOrEqual(5_000);
  expect(left[1]).toBeLessThan(left[0] ?? 0);
  expect(left[2]).toBeLessThan(left[1] ?? 0);
});

test.each([
  ['that does not match the schema', 200, '{"name":"lamp"}'],
  ['that is not JSON', 200, 'lamp'],
  ['without a body', 200, ''],
  ['with another success status', 201, lamp],
  ['that is an error without a problem document', 404, 'Not Found'],
  ['that redirects', 302, ''],
])('a response %s causes a 502', async (_, status, body) => {
  await using other = await stub((response) => response.writeHead(status).end(body));
  await expect(other.things.get(get)).rejects.toMatchObject(FAILED);
});

const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');

test.each([
  ['with', { 'content-length': String(MEGABYTE.length * 5) }],
  ['without', {}],
])('a response that is too large, %s Content-Length, causes a 502 and is not read to its end', async (_, headers) => {
  const cutOff = Promise.withResolvers<unknown>();
  await using large = await stub((response) => {
    response.once('close', cutOff.resolve);
    response.writeHead(200, headers);
    const more = (): void => void (response.writable && response.write(MEGABYTE, more));
    more();
  });
  await expect(large.things.add(add)).rejects.toMatchObject(FAILED);
  await cutOff.promise;
});

test('a service that cannot be reached causes a 503', async () => {
  const gone = await stub(() => undefined);
  await gone[Symbol.asyncDispose]();
  await expect(gone.things.add(add)).rejects.toMatchObject({ ...UNAVAILABLE, message: 'The things service cannot be reached.' });
});

const problemOf = (status: number, code: string, detail: string): string => JSON.stringify({ type: 'x', title: 'x', status, code, detail });

test('retries when the service itself is unavailable, but not when a service behind it is', async () => {
  await using itself = await stub((response) =>
    response.writeHead(503).end(problemOf(503, 'unavailable', 'The database cannot be reached now.')),
  );
  await expect(itself.things.get(get)).rejects.toMatchObject({ ...UNAVAILABLE, message: 'The things service is not available now.' });
  expect(itself.seen).toHaveLength(3);
  const detail = 'The inventory service cannot be reached.';
  await using behind = await stub((response) => response.writeHead(503).end(problemOf(503, 'upstream_unavailable', detail)));
  await expect(behind.things.get(get)).rejects.toMatchObject({ ...UNAVAILABLE, message: detail });
  expect(behind.seen).toHaveLength(1);
});

test('does not retry a service that sheds load, and passes its Retry-After on', async () => {
  await using busy = await stub((response) =>
    response.writeHead(503, { 'retry-after': '7' }).end(problemOf(503, 'overloaded', 'Too many.')),
  );
  await expect(busy.things.get(get)).rejects.toMatchObject({ status: 503, code: 'overloaded', extra: { headers: { 'retry-after': '7' } } });
  expect(busy.seen).toHaveLength(1);
});

test('does not retry if the deadline leaves no time for it', async () => {
  await using broken = await stub((response) => response.writeHead(503).end());
  await expect(withDeadline(200, () => broken.things.get(get))).rejects.toMatchObject(UNAVAILABLE);
  expect(broken.seen).toHaveLength(1);
});

test('while a service keeps failing, few calls are retried and most fail at once without being sent', async () => {
  await using broken = await stub((response) => response.writeHead(503).end());
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => broken.things.get(get)));
  expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 60 }, () => 'rejected'));
  // Each call once, plus the budget: 20 retries, and one more for every five calls.
  expect(broken.seen.length).toBeLessThanOrEqual(60 + 20 + 12);
  const before = broken.seen.length;
  await expect(broken.things.get(get)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: 'The things service keeps failing; try again in 2 seconds.',
    extra: { headers: { 'retry-after': '2' }, notSent: true },
  });
  expect(broken.seen).toHaveLength(before);
});

test('an error tells whether the request may have arrived', async () => {
  const gone = await stub(() => undefined);
  await gone[Symbol.asyncDispose]();
  await expect(gone.things.add(add)).rejects.toMatchObject({ extra: { notSent: true } });
  await using broken = await stub((_, __, request) => request.socket.destroy());
  const error: unknown = await broken.things.add(add).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ extra: {} });
  expect(error).not.toHaveProperty('extra.notSent');
});
