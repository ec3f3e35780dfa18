import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StartError } from './start-error.ts';

// Below the range of local ports for outgoing connections, so that no connection takes the port before it is used.
const LOWEST = 20_000;
const HIGHEST = 32_000;
const handedOut = new Set<number>();

/** Returns a port of 127.0.0.1 on which nothing listens, each only once in this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
  }
  throw new StartError(`There is no free port on 127.0.0.1 between ${LOWEST} and ${HIGHEST}. Stop some programs that listen there.`);
}

/** Whether this process can listen on `port` of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
