// A trace backend that costs almost nothing: it accepts all requests and drops them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.once('disconnect', () => server.close());
process.send?.((server.address() as AddressInfo).port);
