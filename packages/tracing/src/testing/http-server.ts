import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves on the loopback interface, by default on a free port. */
export async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  onPort = 0,
): Promise<{ origin: string; port: number; server: Server } & AsyncDisposable> {
  const server = createServer((request, response) => void listener(request, response));
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    server,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
