import type { TraceStore } from '@waymark/span-store';
import type { Answer } from './answer.ts';
import { v1Error, v3Error } from './answer.ts';
import { BadQuery } from './parameters.ts';
import { getLinks } from './links.ts';
import { getMonitor } from './monitor.ts';
import * as v1 from './v1/v1.ts';
import * as v3 from './v3/v3.ts';

type Route = (store: TraceStore, params: URLSearchParams, part: string) => Answer | Promise<Answer>;

/** The routes of Jaeger's query API, and two that Jaeger does not have. A group in a pattern is the part of the path that the route needs. */
const ROUTES: readonly (readonly [pattern: RegExp, route: Route])[] = [
  [/^\/api\/traces$/, v1.findTraces],
  [/^\/api\/traces\/([^/]+)$/, v1.getTrace],
  [/^\/api\/services$/, v1.getServices],
  [/^\/api\/services\/([^/]+)\/operations$/, v1.getOperationNames],
  [/^\/api\/operations$/, v1.getOperations],
  [/^\/api\/dependencies$/, v1.getDependencies],
  [/^\/api\/v3\/services$/, v3.getServices],
  [/^\/api\/v3\/operations$/, v3.getOperations],
  [/^\/api\/v3\/traces$/, v3.findTraces],
  [/^\/api\/v3\/traces\/([^/]+)$/, v3.getTrace],
  [/^\/api\/v3\/trace-summaries$/, v3.findSummaries],
  [/^\/api\/links\/([^/]+)$/, getLinks],
  [/^\/api\/monitor$/, getMonitor],
];

/** Answers one request to Jaeger's query API, with Jaeger's status codes and error bodies. */
export async function answerApi(store: TraceStore, method: string, url: URL): Promise<Answer> {
  const error = url.pathname.startsWith('/api/v3/') ? v3Error : v1Error;
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(url.pathname);
    if (match === null) continue;
    if (method !== 'GET' && method !== 'HEAD') return error(405, `${method} is not allowed here, only GET`);
    try {
      return await route(store, url.searchParams, unescaped(match[1] ?? ''));
    } catch (failure) {
      if (failure instanceof BadQuery) return error(400, failure.message);
      throw failure;
    }
  }
  return error(404, `there is no ${url.pathname}`);
}

/** A part of a path, decoded. An invalid encoding is left as it is. */
const unescaped = (part: string): string => new URLSearchParams(`part=${part.replaceAll('&', '%26')}`).get('part') ?? part;
