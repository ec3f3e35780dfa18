import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** A server, and how to end its connections when it stops. */
export interface Stoppable {
  readonly server: Server;
  /** Closes idle connections, and lets the others finish their requests. */
  readonly goAway: () => void;
  /** Closes all connections at once. */
  readonly cutOff: () => void;
}

/** An HTTP/1.1 server as a `Stoppable`. */
export const http1 = (server: HttpServer): Stoppable => ({
  server,
  goAway: () => server.closeIdleConnections(),
  cutOff: () => server.closeAllConnections(),
});

/** Starts listening and returns the URL. If the port is in use, the `Error` names the port and its purpose. */
export async function listen({ server }: Stoppable, port: number, host: string, purpose: string): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw new Error(`cannot listen on ${host}:${port} for ${purpose}: ${message}`, { cause: error });
    throw new Error(`port ${port} (${purpose}) is in use: is a Jaeger or another trace store running? Stop it or choose another port`, {
      cause: error,
    });
  }
  const { address, port: bound, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

/** How long requests in progress may take once the server stops, in milliseconds. */
const PATIENCE = 2_000;

/** Stops listening, and resolves when all connections are closed. Those that take too long are cut off. */
export async function stop({ server, goAway, cutOff }: Stoppable): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  goAway();
  const timer = setTimeout(cutOff, PATIENCE);
  await closed;
  clearTimeout(timer);
}
