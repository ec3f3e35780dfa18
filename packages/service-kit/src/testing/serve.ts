import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served extends AsyncDisposable {
  url: string;
  port: number;
}

/** Serves on a free port of the loopback interface until disposal, which closes all connections. */
export async function serve(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Served> {
  return listening(createServer((request, response) => void listener(request, response)));
}

/** Makes a server listen on a free port of the loopback interface until disposal, which closes all connections. */
export async function listening(server: Server): Promise<Served> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
