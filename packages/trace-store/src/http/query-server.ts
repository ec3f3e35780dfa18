import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { OverBudget } from '../budget.ts';
import { answerApi } from '../jaeger/api.ts';
import { ok, v1Error, type Answer } from '../jaeger/answer.ts';
import { inPieces } from '../turns.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { serveUi } from '../ui-files.ts';

/** API requests under way at a time; each of them holds memory. */
const MAX_REQUESTS = 50;
/** An answer is cut off when the client has read nothing of it for this long, in milliseconds. */
const STALLED_MS = 30_000;

/** Jaeger's query API under `/api/`, and the UI everywhere else. `stats` gives the content of `/api/stats`. */
export function queryServer(store: TraceStore, stats: () => object): Server {
  let underWay = 0;
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    const { url = '/', method = 'GET' } = request;
    if (!/^\/api(\/|\?|$)/.test(url)) return serveUi(request, response);
    if (underWay >= MAX_REQUESTS) throw new OverBudget();
    underWay++;
    try {
      await send(request, response, await answer(store, stats, method, url));
    } finally {
      underWay--;
    }
  };
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else
        send(request, response, v1Error(error instanceof OverBudget ? 503 : 500, (error as Error).message)).catch(() => response.destroy());
    });
  });
}

async function answer(store: TraceStore, stats: () => object, method: string, url: string): Promise<Answer> {
  // A base is needed to parse; a path that starts with two slashes must not become a host.
  const parsed = URL.parse(`http://localhost${url}`);
  if (parsed === null) return v1Error(400, 'the URL is malformed');
  return parsed.pathname === '/api/stats' ? ok(stats()) : await answerApi(store, method, parsed);
}

async function send(request: IncomingMessage, response: ServerResponse, { status, json }: Answer): Promise<void> {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-content-type-options', 'nosniff');
  if (status === 503) response.setHeader('retry-after', '1');
  if (typeof json === 'string') return void response.end(json);
  const pieces = inPieces(json);
  // An error before the first byte is sent can still be answered with its own status.
  const first = await pieces.next();
  if (request.method === 'HEAD') {
    await pieces.return(undefined);
    return void response.end();
  }
  response.setTimeout(STALLED_MS, () => response.destroy());
  await pipeline(startingWith(first.value ?? '', pieces), response);
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
