// A trace backend that counts the spans that it receives, by the first part of the path. It answers after DELAY_MS.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** How many spans have come, by variant. */
export type Received = Readonly<Record<string, number>>;

const received: Record<string, number> = {};
const delayMs = Number(process.env['DELAY_MS'] ?? 0);

const server = createServer((request, response) => {
  void (async () => {
    const sent = await buffer(request);
    const [, variant = ''] = (request.url ?? '').split('/');
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    if (request.url?.endsWith('/v1/traces')) received[variant] = (received[variant] ?? 0) + spansIn(body, [1, 2, 2]);
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(), delayMs);
  })();
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.on('message', () => process.send?.(received));
process.once('disconnect', () => server.close());
process.send?.((server.address() as AddressInfo).port);

/** Counts the length-delimited fields at the end of a path of field numbers. The other fields of these messages are length-delimited, too. */
function spansIn(message: Buffer, [field, ...path]: readonly number[]): number {
  let [count, at] = [0, 0];
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (; message[at]! > 127; factor *= 128) value += (message[at++]! & 127) * factor;
    return value + message[at++]! * factor;
  };
  while (at < message.length) {
    const tag = varint();
    if (tag % 8 !== 2) throw new Error(`A field of wire type ${tag % 8} was not expected`);
    const size = varint();
    if (Math.floor(tag / 8) === field) count += path.length > 0 ? spansIn(message.subarray(at, at + size), path) : 1;
    at += size;
  }
  return count;
}
