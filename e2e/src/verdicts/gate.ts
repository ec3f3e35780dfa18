import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';

/** What stands between an exporter and its trace backend. */
export interface Gate extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** `open`: lets requests pass. `shut`: breaks connections before anything has passed. `deaf`: lets one request pass, says that it did not, and is open. */
  state: 'open' | 'shut' | 'deaf';
  /** How many spans passed whose sender did not wait for the answer: it holds them for lost. Counted in OTLP/JSON. */
  unheard: number;
}

const spansIn = (json: Buffer): number => json.toString().split('"startTimeUnixNano"').length - 1;

/** Starts a gate before `target`. A request passes whole or not at all: what is under way as the state changes comes to its end. */
export async function startGate(target: string, state: Gate['state'] = 'open'): Promise<Gate> {
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const deaf = gate.state === 'deaf';
    if (deaf) gate.state = 'open';
    const type = request.headers['content-type'] ?? '';
    const body = await buffer(request);
    const answer = await fetch(target + request.url, { method: 'POST', headers: { 'content-type': type }, body });
    if (deaf) response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end();
    else response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
    await finished(response).catch(() => (gate.unheard += spansIn(body)));
  };
  const server = createServer((request, response) => {
    if (gate.state === 'shut') request.socket.resetAndDestroy();
    else void pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    unheard: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return gate;
}
