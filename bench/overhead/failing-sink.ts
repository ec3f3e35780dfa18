// A trace backend that fails in another way each time it is asked: it hangs, refuses connections, answers 500, and at last accepts everything.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const WAYS = ['hangs', 'refuses', 'answers 500', 'is healthy'] as const;
/** What the backend does now. */
export type Way = (typeof WAYS)[number];

const ways = WAYS.values();
let way: Way = 'is healthy';

const server = createServer((request, response) => {
  request.resume();
  if (way !== 'hangs') response.writeHead(way === 'answers 500' ? 500 : 200, { 'content-type': 'application/x-protobuf' }).end();
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address() as AddressInfo;

process.on('message', () => {
  way = ways.next().value ?? 'is healthy';
  server.closeAllConnections();
  if (way === 'refuses') server.close();
  else if (!server.listening) server.listen(port, '127.0.0.1');
  process.send?.(way);
});
process.once('disconnect', () => {
  server.closeAllConnections();
  server.close();
});
process.send?.(port);
