import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { listen } from './listen.ts';

/** A proxy between an exporter and its trace backend. */
export interface ExportProxy extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /**
   * `forward`: forwards requests. `disconnect`: closes connections before it forwards anything. `reject`: answers 400. `deny once`: forwards one
   * request, answers it with 503 as if it had failed, and then forwards.
   */
  mode: 'forward' | 'disconnect' | 'reject' | 'deny once';
  /** How many spans were forwarded although their exporter had given up, so that it counts them as lost. Only for OTLP/JSON. */
  givenUp: number;
}

const spansIn = (json: Buffer): number => json.toString().split('"startTimeUnixNano"').length - 1;

/** Starts a proxy for `target`. A change of mode does not affect requests in progress: each is forwarded completely or not at all. */
export async function startExportProxy(target: string, mode: ExportProxy['mode'] = 'forward'): Promise<ExportProxy> {
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const denies = proxy.mode === 'deny once';
    if (denies) proxy.mode = 'forward';
    const type = request.headers['content-type'] ?? '';
    const body = await buffer(request);
    const answer = await fetch(target + request.url, { method: 'POST', headers: { 'content-type': type }, body });
    if (denies) response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end();
    else response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
    await finished(response).catch(() => (proxy.givenUp += spansIn(body)));
  };
  const server = await listen((request, response) => {
    if (proxy.mode === 'disconnect') request.socket.resetAndDestroy();
    else if (proxy.mode === 'reject') request.resume().once('end', () => response.writeHead(400).end());
    else void forward(request, response).catch(() => response.destroy());
  });
  const proxy: ExportProxy = { ...server, mode, givenUp: 0 };
  return proxy;
}
