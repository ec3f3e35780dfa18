import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordLog } from './testing/record-log.ts';
import { serveThings } from './testing/serve-things.ts';

const { log } = recordLog();
let server: Awaited<ReturnType<typeof serveThings>>;
beforeAll(async () => {
  server = await serveThings(log);
});
afterAll(async () => server[Symbol.asyncDispose]());

/** What a proxy would forward as a part of the request before it. It must never be handled. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
const PUT = 'PUT /things/a HTTP/1.1\r\nhost: x\r\nx-colour: red\r\ncontent-type: application/json\r\n';
const BODY = '{"parts":[]}';
const CHUNKED = `c\r\n${BODY}\r\n0\r\n\r\n`;

const put = (headers: string, body: string): string => `${PUT}${headers}\r\n\r\n${body}${SMUGGLED}`;

/** Requests that proxies and servers are known to read in different ways (RFC 9112 §5 to §7 and §11.2). */
const CASES: Readonly<Record<string, string>> = {
  'Content-Length and Transfer-Encoding': put('content-length: 4\r\ntransfer-encoding: chunked', CHUNKED),
  'Transfer-Encoding and Content-Length': put('transfer-encoding: chunked\r\ncontent-length: 4', CHUNKED),
  'two lengths that differ': put('content-length: 12\r\ncontent-length: 0', BODY),
  'two lengths that are the same': put('content-length: 12\r\ncontent-length: 12', BODY),
  'a list of lengths': put('content-length: 12, 12', BODY),
  'a length with a sign': put('content-length: +12', BODY),
  'a negative length': put('content-length: -1', BODY),
  'a hexadecimal length': put('content-length: 0xc', BODY),
  'a length with a space in it': put('content-length: 1 2', BODY),
  'a length that overflows': put('content-length: 18446744073709551628', BODY),
  'an empty length': put('content-length: ', BODY),
  'an unknown transfer coding': put('transfer-encoding: xchunked', CHUNKED),
  'a transfer coding after chunked': put('transfer-encoding: chunked, identity', CHUNKED),
  'chunked twice': put('transfer-encoding: chunked\r\ntransfer-encoding: identity', CHUNKED),
  'a vertical tab before chunked': put('transfer-encoding: \x0bchunked', CHUNKED),
  'chunked in quotes': put('transfer-encoding: "chunked"', CHUNKED),
  'a space before the colon of Transfer-Encoding': put('transfer-encoding : chunked', CHUNKED),
  'a space before the colon of Content-Length': put('content-length : 12', BODY),
  'a space before a header': put(' content-length: 12', BODY),
  'a folded header': put('transfer-encoding:\r\n chunked', CHUNKED),
  'a NUL in a header': put('content-length: 12\r\nx-a: a\0b', BODY),
  'a bare CR in a header': put('content-length: 12\r\nx-a: a\rcontent-length: 0', BODY),
  'lines that end with LF alone': `GET /things HTTP/1.1\nhost: x\n\n${SMUGGLED}`,
  'a header without a colon': put('content-length: 12\r\nnonsense', BODY),
  'a chunk size that is not hexadecimal': put('transfer-encoding: chunked', `g\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size with a prefix': put('transfer-encoding: chunked', `0xc\r\n${BODY}\r\n0\r\n\r\n`),
  'a negative chunk size': put('transfer-encoding: chunked', `-c\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size that overflows': put('transfer-encoding: chunked', `1000000000000000c\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk that is longer than its size': put('transfer-encoding: chunked', `b\r\n${BODY}\r\n0\r\n\r\n`),
  'a chunk size that ends with LF alone': put('transfer-encoding: chunked', `c\n${BODY}\r\n0\r\n\r\n`),
  'no Host': `GET /things HTTP/1.1\r\n\r\n${SMUGGLED}`,
  'two Hosts': `GET /things HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n${SMUGGLED}`,
  'two Hosts with 2,500 headers between them': `GET /things HTTP/1.1\r\nhost: x\r\n${'a:b\r\n'.repeat(2_500)}host: y\r\n\r\n${SMUGGLED}`,
  'a target that is not a URL': `GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n${SMUGGLED}`,
  'a space in the target': `GET /things /smuggled HTTP/1.1\r\nhost: x\r\n\r\n${SMUGGLED}`,
  'a method in lower case': `get /things HTTP/1.1\r\nhost: x\r\n\r\n${SMUGGLED}`,
  'HTTP/0.9': `GET /things\r\n\r\n${SMUGGLED}`,
  'HTTP/1.2': `GET /things HTTP/1.2\r\nhost: x\r\n\r\n${SMUGGLED}`,
  'HTTP/2 without an upgrade': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`,
};

test.each(Object.entries(CASES))('%s: 400, and the connection is closed', async (_, bytes) => {
  const before = server.requests().length;
  const socket = connect(server.port, '127.0.0.1');
  socket.write(Buffer.from(bytes, 'latin1'));
  const answer = await text(socket);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  expect(answer.toLowerCase()).toMatch(/content-type: application\/problem\+json\r\n[^]*x-trace-id: [0-9a-f]{32}\r\n/);
  expect(
    server
      .requests()
      .slice(before)
      .filter((request) => request.includes('smuggled')),
  ).toEqual([]);
});

test('requests that are valid and pipelined are answered in order', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const last = 'GET /things/lamp HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  socket.write(`${PUT}content-length: 12\r\n\r\n${BODY}${PUT}transfer-encoding: chunked\r\n\r\n${CHUNKED}${last}`);
  const answer = await text(socket);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200']);
  expect(answer).toContain('"lamp"');
});
