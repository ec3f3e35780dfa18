import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProblemDetails } from '@waymark/contracts';
import { recordLog } from './testing/record-log.ts';
import { serveThings } from './testing/serve-things.ts';
import { until } from './testing/until.ts';

const LIMIT = 64 * 1024;
const { log, lines } = recordLog();
let server: Awaited<ReturnType<typeof serveThings>>;

beforeAll(async () => {
  server = await serveThings(log);
});
afterAll(async () => server[Symbol.asyncDispose]());

const JSON_TYPE = { 'content-type': 'application/json' };

async function put(
  body: RequestInit['body'],
  headers: Record<string, string> = JSON_TYPE,
): Promise<{ status: number; headers: Headers; body: ProblemDetails }> {
  const init: RequestInit = { method: 'PUT', headers: { 'x-colour': 'red', ...headers }, body: body ?? null, duplex: 'half' };
  const response = await fetch(`${server.url}/things/a`, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as ProblemDetails };
}

/** A body of exactly `bytes` bytes. */
function bodyOf(bytes: number): string {
  const empty = JSON.stringify({ parts: [], note: '' });
  return JSON.stringify({ parts: [], note: 'x'.repeat(bytes - empty.length) });
}

/** Sends the body in chunks, without a Content-Length. */
const chunked = (text: string): ReadableStream => new Blob([text]).stream();

test.each([
  ['with Content-Length', (text: string) => text],
  ['in chunks', chunked],
])('reads a body of the largest size %s, and answers 413 to one more byte', async (_, send) => {
  expect(await put(send(bodyOf(LIMIT)))).toMatchObject({ status: 200, body: { parts: 0 } });
  const refused = await put(send(bodyOf(LIMIT + 1)));
  expect(refused).toMatchObject({ status: 413, body: { code: 'body_too_large', detail: 'A body may have at most 65536 bytes.' } });
  expect(refused.headers.get('connection')).toBe('close');
});

test.each([
  ['with Content-Length', (text: string) => text],
  ['in chunks', chunked],
])('a caller that sends far too much %s still gets the answer', async (_, send) => {
  expect(await put(send('x'.repeat(5_000_000)))).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
});

test.each([
  ['malformed JSON', '{"parts": [', JSON_TYPE, 400, 'malformed_json'],
  ['an empty body', '', JSON_TYPE, 400, 'malformed_json'],
  ['a byte that is not UTF-8', Buffer.from('{"parts":[],"note":"\xff"}', 'latin1'), JSON_TYPE, 400, 'malformed_json'],
  ['an overlong UTF-8 encoding', Buffer.from('{"parts":[],"note":"\xc0\xaf"}', 'latin1'), JSON_TYPE, 400, 'malformed_json'],
  ['half a surrogate pair in UTF-8', Buffer.from('{"parts":[],"note":"\xed\xa0\x80"}', 'latin1'), JSON_TYPE, 400, 'malformed_json'],
  ['no body', null, {}, 415, 'unsupported_media_type'],
  ['a form', 'parts=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
  ['text', '{"parts":[]}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ['another charset', '{"parts":[]}', { 'content-type': 'application/json; charset=iso-8859-1' }, 415, 'unsupported_media_type'],
  ['gzip', gzipSync('{"parts":[]}'), { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
])('%s is refused', async (_, body, headers: Record<string, string>, status, code) => {
  const answer = await put(body, headers);
  expect(answer).toMatchObject({ status, body: { status, code } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
});

const nested = (depth: number, inner = ''): string => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;

test.each([
  ['32 levels', `{"parts":[],"more":${nested(31)}}`, 200, undefined],
  ['33 levels', `{"parts":[],"more":${nested(32)}}`, 400, 'malformed_json'],
  ['30,000 levels', nested(30_000), 400, 'malformed_json'],
  ['30,000 levels that are never closed', '[{"a":'.repeat(10_000), 400, 'malformed_json'],
  ['40 lists beside each other', `{"parts":[],"more":[${Array(40).fill('[]').join()}]}`, 200, undefined],
  ['brackets in a string', JSON.stringify({ parts: [], note: `\\"${'['.repeat(40)}` }), 200, undefined],
])('JSON with %s is answered with its status', async (_, body, status, code) => {
  const answer = await put(body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test('ignores a byte order mark before the JSON', async () => {
  expect(await put('\ufeff{"parts":[],"note":"é"}')).toMatchObject({ status: 200, body: { noteLength: 1 } });
});

test.each(['application/json; charset=UTF-8', 'application/json;charset="utf-8"', 'Application/JSON'])('%s is JSON', async (type) => {
  expect(await put('{"parts":[],"note":"é"}', { 'content-type': type })).toMatchObject({ status: 200, body: { noteLength: 1 } });
});

test('a truncated body is the caller’s error, and the server continues', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const head = `PUT /things/cut-short HTTP/1.1\r\nhost: x\r\nx-colour: red\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"parts"`;
  await new Promise<unknown>((resolve) => socket.write(head, resolve));
  await until(server.requests, (requests) => requests.includes('PUT /things/cut-short'), 'the request to arrive');
  socket.destroy();
  const logged = await until(
    () => lines.find(({ path }) => path === '/things/cut-short'),
    (line) => line !== undefined,
    'the request to be logged',
  );
  expect(logged).toMatchObject({ status: 400 });
  expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
  expect(await put('{"parts":[]}')).toMatchObject({ status: 200 });
});
