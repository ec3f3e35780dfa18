import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a browser may cache the answer to a preflight request, in seconds. */
const MAX_AGE = '600';

const isAllowed = (origins: readonly string[], origin: string): boolean => origins.includes('*') || origins.includes(origin);

/** Lets a page of one of these origins read the answer (Fetch standard, "CORS protocol"). */
export function allowOrigin(origins: readonly string[], { headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origins.length > 0) response.setHeader('vary', 'origin');
  if (origin !== undefined && isAllowed(origins, origin)) response.setHeader('access-control-allow-origin', origin);
}

/** Answers a preflight request. */
export function answerPreflight(origins: readonly string[], { headers }: IncomingMessage, response: ServerResponse): void {
  const { origin = '', 'access-control-request-headers': asked } = headers;
  if (!isAllowed(origins, origin)) {
    const message = `pages of ${origin} may not send here: start the trace store with --cors-origin ${origin}, or set TRACE_STORE_CORS_ORIGINS`;
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    return;
  }
  response
    .writeHead(204, {
      'access-control-allow-methods': 'POST',
      ...(asked !== undefined && { 'access-control-allow-headers': asked }),
      'access-control-max-age': MAX_AGE,
    })
    .end();
}
