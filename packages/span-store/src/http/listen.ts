import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** A server, and how its connections end when it stops. */
export interface Stoppable {
  readonly server: Server;
  /** Ends connections on which nothing is under way, and lets the others end what is. */
  readonly goAway: () => void;
  /** Cuts off all connections. */
  readonly cutOff: () => void;
}

/** How the connections of an HTTP server end. */
export const http1 = (server: HttpServer): Stoppable => ({
  server,
  goAway: () => server.closeIdleConnections(),
  cutOff: () => server.closeAllConnections(),
});

/** Starts listening and returns the URL. A port in use is an `Error` that says which, and what it was for. */
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

/** How long requests under way have to end once the server stops, in milliseconds. */
const PATIENCE = 2_000;

/** Stops listening and resolves when the last connection is closed; those that take too long are cut off. */
export async function stop({ server, goAway, cutOff }: Stoppable): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  goAway();
  const timer = setTimeout(cutOff, PATIENCE);
  await closed;
  clearTimeout(timer);
}
