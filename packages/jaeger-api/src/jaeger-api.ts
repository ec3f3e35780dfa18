import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { inPieces, OverBudget } from '@waymark/span-store';
import type { TraceStore } from '@waymark/span-store';
import { ok, v1Error, type Answer } from './answer.ts';
import { answerApi } from './api.ts';

/** Requests in progress at once; each of them holds memory. */
const MAX_REQUESTS = 50;
/** An answer is cut off if the client reads nothing of it for this long, in milliseconds. */
const STALLED_MS = 30_000;

/** Answers requests to Jaeger's query API, all of whose paths begin with `/api`. `stats` gives the content of `/api/stats`. */
export function jaegerApi(store: TraceStore, stats: () => object): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let inProgress = 0;
  return async (request, response) => {
    request.resume();
    if (inProgress >= MAX_REQUESTS) return send(request, response, v1Error(503, new OverBudget().message));
    inProgress++;
    try {
      await send(request, response, await answer(store, stats, request.method ?? 'GET', request.url ?? '/'));
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else await send(request, response, v1Error(error instanceof OverBudget ? 503 : 500, (error as Error).message));
    } finally {
      inProgress--;
    }
  };
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
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
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
