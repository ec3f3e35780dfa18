import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problem } from '@waymark/contracts';
import { recordLog } from './testing/record-log.ts';
import type { Served } from './testing/serve.ts';
import { serveThings } from './testing/serve-things.ts';

const { log, lines } = recordLog();
let server: Served;

beforeAll(async () => {
  server = await serveThings(log);
});
afterAll(async () => server[Symbol.asyncDispose]());

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

async function ask(
  method: string,
  path: string,
  { headers = {}, json }: { headers?: Record<string, string>; json?: unknown } = {},
): Promise<Answer> {
  const init =
    json === undefined ? { headers } : { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) };
  const response = await fetch(server.url + path, { method, ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a request and returns the problem document of the answer. */
async function refusal(...call: Parameters<typeof ask>): Promise<unknown> {
  const { status, headers, text } = await ask(...call);
  expect(headers.get('content-type')).toBe('application/problem+json');
  const details = problem.parse(JSON.parse(text));
  expect(details).toMatchObject({ status, type: `/problems/${details.code}` });
  return details;
}

test('the handler gets the request with its defaults, and the response has only the fields of the contract', async () => {
  expect(await ask('GET', '/things')).toMatchObject({ status: 200, text: expect.stringContaining('thing 1') });
  expect(JSON.parse((await ask('GET', '/things?limit=1')).text)).toEqual({ items: [{ name: 'thing 0', size: 1 }] });
  expect(JSON.parse((await ask('GET', '/things/lamp')).text)).toEqual({ name: 'lamp', size: 1 });
  expect(await ask('POST', '/things', { json: { name: 'bell', size: 2, more: 1 } })).toMatchObject({
    status: 201,
    text: '{"name":"bell","size":2}',
  });
  expect(await ask('DELETE', '/things/lamp')).toMatchObject({ status: 204, text: '' });
});

test.each([
  ['an unknown path', 'GET', '/thing'],
  ['a path below a route', 'GET', '/things/lamp/price'],
  ['an invalid parameter', 'GET', '/things/a-name-that-is-longer-than-twenty'],
  ['a parameter that cannot be decoded', 'GET', '/things/%ZZ'],
  ['a 404 of the handler', 'GET', '/things/gone'],
])('%s gets a 404', async (_, method, path) => {
  expect(await refusal(method, path)).toMatchObject({ status: 404, code: 'not_found', title: 'Not found' });
});

test.each([
  ['PATCH', '/things', 'GET, HEAD, POST'],
  ['POST', '/things/lamp', 'DELETE, GET, HEAD, PUT'],
  ['PROPFIND', '/things', 'GET, HEAD, POST'],
])('%s %s gets a 405 that names %s', async (method, path, allowed) => {
  const { status, headers, text } = await ask(method, path);
  expect([status, headers.get('allow')?.split(', ').toSorted().join(', ')]).toEqual([405, allowed]);
  const detail = `${path} does not support ${method}. Use ${headers.get('allow')}.`;
  expect(JSON.parse(text)).toMatchObject({ code: 'method_not_allowed', detail });
});

test('OPTIONS names the methods, and HEAD answers like GET without a body', async () => {
  const options = await ask('OPTIONS', '/things');
  expect([options.status, options.headers.get('allow'), options.text]).toEqual([200, expect.stringContaining('POST'), '']);
  const [get, head] = await Promise.all([ask('GET', '/things'), ask('HEAD', '/things')]);
  expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', get.headers.get('content-length')]);
  expect(await ask('HEAD', '/things/gone')).toMatchObject({ status: 404, text: '' });
});

const part = (size: unknown): object => ({ name: 'x', size });

test.each([
  ['an invalid query', 'GET', '/things?limit=6', {}, ['query.limit']],
  ['a repeated query parameter', 'GET', '/things?limit=1&limit=2', {}, ['query.limit']],
  ['an invalid header', 'PUT', '/things/a', { headers: { 'x-colour': '7' }, json: { parts: [] } }, ['headers.x-colour']],
  ['a missing header', 'PUT', '/things/a', { json: { parts: [] } }, ['headers.x-colour']],
  [
    'a body with invalid parts',
    'PUT',
    '/things/a',
    { headers: { 'x-colour': 'red' }, json: { parts: [part(1), part(-1), part('2')], note: 4 } },
    ['body.parts.1.size', 'body.parts.2.size', 'body.note'],
  ],
  ['a body of another shape', 'POST', '/things', { json: [] }, ['body']],
])('%s gets a 422 that says where', async (_, method, path, call, at) => {
  const details = await refusal(method, path, call);
  expect(details).toMatchObject({
    status: 422,
    code: 'invalid_request',
    errors: at.map((where) => ({ at: where, message: expect.any(String) })),
  });
  expect(details).toMatchObject({ detail: expect.stringContaining(`${at[0]}: `) });
});

test('a body with thousands of errors gets a short answer', async () => {
  const { status, text } = await ask('PUT', '/things/a', { headers: { 'x-colour': 'red' }, json: { parts: Array(30_000).fill(0) } });
  expect(status).toBe(422);
  expect(text.length).toBeLessThan(5_000);
});

test.each([
  ['an unexpected error', 'bug'],
  ['a thrown string', 'text'],
  ['a result that does not match the contract', 'unlike'],
  ['a missing result', 'unknown'],
])('%s causes a 500 that reveals nothing, and is logged', async (_, id) => {
  lines.length = 0;
  const details = await refusal('GET', `/things/${id}`);
  expect(details).toMatchObject({ status: 500, code: 'internal', detail: 'An unexpected error. The trace has the details.' });
  expect(JSON.stringify(details)).not.toContain('hunter2');
  expect(lines).toContainEqual(expect.objectContaining({ level: 50, msg: 'request failed', code: 'internal' }));
});

test('logs each request with its outcome', async () => {
  lines.length = 0;
  await ask('GET', '/things/gone?token=secret');
  expect(lines).toEqual([
    expect.objectContaining({ level: 30, msg: 'GET /things/gone 404', method: 'GET', status: 404, ms: expect.any(Number) }),
  ]);
});

test('a 401 has a WWW-Authenticate header', async () => {
  await expect(ask('GET', '/things/stranger')).resolves.toMatchObject({ status: 401 });
  expect((await ask('GET', '/things/stranger')).headers.get('www-authenticate')).toBe('Bearer');
});

test('the log lines of a request that acts for a user have the user’s id', async () => {
  const put = { json: { parts: [] } };
  lines.length = 0;
  await ask('PUT', '/things/lamp', { ...put, headers: { 'x-colour': 'red', 'x-user-id': 'ada' } });
  await ask('PUT', '/things/lamp', { ...put, headers: { 'x-colour': 'red' } });
  expect(lines.filter(({ msg }) => msg === 'kept').map((line) => line['user_id'])).toEqual(['ada', undefined]);
});
