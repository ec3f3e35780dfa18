import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { answerApi } from '../jaeger/api.ts';
import { v1Error } from '../jaeger/answer.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { serveUi } from '../ui-files.ts';

/** Jaeger's query API under `/api/`, and the UI everywhere else. `stats` gives the content of `/api/stats`. */
export function queryServer(store: TraceStore, stats: () => object): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    route(store, stats, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(request, response, 500, v1Error(500, (error as Error).message).body);
    });
  });
}

async function route(store: TraceStore, stats: () => object, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const { url = '/', method = 'GET' } = request;
  if (!/^\/api(\/|\?|$)/.test(url)) return serveUi(request, response);
  // A base is needed to parse; a path that starts with two slashes must not become a host.
  const parsed = URL.parse(`http://localhost${url}`);
  if (parsed === null) return sendJson(request, response, 400, v1Error(400, 'the URL is malformed').body);
  if (parsed.pathname === '/api/stats') return sendJson(request, response, 200, stats());
  const { status, body } = await answerApi(store, method, parsed);
  sendJson(request, response, status, body);
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
