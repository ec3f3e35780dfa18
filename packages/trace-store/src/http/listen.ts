import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts listening and returns the URL. A port in use is an `Error` that says which, and what it was for. */
export async function listen(server: Server, port: number, host: string, purpose: string): Promise<string> {
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
export async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), PATIENCE);
  await closed;
  clearTimeout(timer);
}
