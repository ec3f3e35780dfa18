import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import { promisify } from 'node:util';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { exportRequest, writeSpan, type ScopeSpans } from './otlp.ts';
import { ProtoWriter } from './proto-writer.ts';
import { readPartialSuccess } from './partial-success.ts';
import type { Answer, Backend } from './span-queue.ts';

type Resource = ReadableSpan['resource'];

export interface OtlpHttpOptions {
  url: URL;
  headers: Record<string, string>;
  /** Timeout of one request, in milliseconds. */
  timeoutMs: number;
  gzip: boolean;
  /** In PEM: the certificates to trust, and the client's own certificate and key. */
  tls?: Pick<AgentOptions, 'ca' | 'cert' | 'key'>;
}

interface OtlpBatch {
  readonly resource: Resource;
  readonly spans: readonly ScopeSpans[];
}

/** Small, because a process may have many scopes with few spans each. */
const FIRST_BYTES = 1_024;
/** Larger buffers are not kept for the next batch. */
const KEPT_BYTES = 2 << 20;
/** How much of a response is kept: enough for its error message. */
const MAX_ANSWER_BYTES = 65_536;

/** Spans are so alike that more effort saves little: 7.8 to 8.4 times smaller for 4.7 to 7.3 µs a span. */
const FAST = { level: 1 };

/** OTLP's retryable statuses, and 500 (docs/adr/0012-span-export.md explains why). */
const MAY_PASS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** An OTLP backend that receives protobuf over HTTP. Spans are encoded when they end, and kept as bytes. */
export function otlpHttpBackend({ url, headers, timeoutMs, gzip: gzipped, tls }: OtlpHttpOptions): Backend<OtlpBatch> {
  const secure = url.protocol === 'https:';
  // TLS and compression are loaded only if they are used, and nothing with `import` (docs/upstream/import-of-node-http.md): a process should start soon.
  const { Agent, request: post } = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const agent = new Agent({ keepAlive: true, ...tls });
  const compress = gzipped ? promisify(process.getBuiltinModule('node:zlib').gzip) : undefined;
  let open = new Map<ReadableSpan['instrumentationScope'], ProtoWriter>();
  let resource: Resource | undefined;

  const exchange = async (body: readonly Buffer[], signal: AbortSignal): Promise<{ reused: boolean; response: IncomingMessage }> => {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const { promise, resolve, reject } = Promise.withResolvers<{ reused: boolean; response: IncomingMessage }>();
    const request = post(url, {
      method: 'POST',
      agent,
      signal,
      headers: {
        'user-agent': 'waymark-tracing',
        ...headers,
        'content-type': 'application/x-protobuf',
        'content-length': length,
        ...(gzipped && { 'content-encoding': 'gzip' }),
      },
    });
    // A backend that hangs must not keep the process alive. A flush keeps it alive with its own timer.
    request.once('socket', (socket) => socket.unref());
    request.once('response', (response) => resolve({ reused: request.reusedSocket, response }));
    request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    for (const piece of body) request.write(piece);
    request.end();
    return promise;
  };

  /** Retries once on a new connection if a reused one fails: the backend may have closed it while it was idle. */
  const send = async (body: readonly Buffer[], signal: AbortSignal): Promise<IncomingMessage> => {
    try {
      return (await exchange(body, signal)).response;
    } catch (error) {
      if (!(error as { reused?: boolean }).reused || signal.aborted) throw error;
      return (await exchange(body, signal)).response;
    }
  };

  return {
    name: `${url.origin}${url.pathname}`,
    parts: (span) => resource !== undefined && span.resource !== resource,
    add(span, room) {
      let writer = open.get(span.instrumentationScope);
      if (!writer) open.set(span.instrumentationScope, (writer = new ProtoWriter(FIRST_BYTES)));
      const before = writer.length;
      try {
        writeSpan(writer, span);
      } catch (error) {
        writer.length = before;
        throw error;
      }
      const bytes = writer.length - before;
      if (bytes > room) {
        writer.length = before;
        if (writer.capacity > KEPT_BYTES) open.set(span.instrumentationScope, writer.shrunk());
        return undefined;
      }
      resource = span.resource;
      return bytes;
    },
    take() {
      const spans = [...open].filter(([, { length }]) => length > 0).map(([scope, writer]) => ({ scope, bytes: writer.copy() }));
      const batch = { resource: resource!, spans };
      // Forgets scopes without spans in this batch, and frees large buffers.
      open = new Map([...open].filter(([, { length, capacity }]) => length > 0 && capacity <= KEPT_BYTES));
      for (const writer of open.values()) writer.length = 0;
      resource = undefined;
      return batch;
    },
    async send(batch, stop) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([stop, timeout]);
      try {
        await batch.resource.waitForAsyncAttributes?.();
        const pieces = exportRequest(batch.resource, batch.spans);
        const response = await send(compress ? [await compress(Buffer.concat(pieces), FAST)] : pieces, signal);
        return answerOf(response, await start(response));
      } catch (error) {
        return { outcome: 'unavailable', reason: signal.aborted ? `no response within ${timeoutMs} ms` : reasonOf(error) };
      }
    },
    async close() {
      agent.destroy();
    },
  };
}

/** Returns the first part of a response's body. Reads the rest too, so that the connection can be reused. */
async function start(response: IncomingMessage): Promise<Buffer> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < MAX_ANSWER_BYTES) kept.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(kept).subarray(0, MAX_ANSWER_BYTES);
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Answer {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered', ...readPartialSuccess(body, headers['content-type']) };
  const text = /text|json/.test(headers['content-type'] ?? '') ? ` ${body.toString('utf8').slice(0, 200).trim()}` : '';
  const reason = `it responds with ${statusCode}${text}`;
  if (!mayPass(statusCode)) return { outcome: 'refused', reason };
  return { outcome: 'unavailable', reason, retryAfterMs: retryAfterMs(headers['retry-after']), suspect: statusCode === 500 };
}

/** Whether to retry after this status: the backend has a problem, not the spans. */
export function mayPass(status: number): boolean {
  return MAY_PASS.has(status);
}

/** Parses `Retry-After`, which is a number of seconds or a date (RFC 9110, 10.2.3). Returns milliseconds. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number {
  if (header === undefined) return 0;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

function reasonOf(error: unknown): string {
  // If a host has several addresses, Node fails with an AggregateError, which has no message.
  const { message, code } = error as Error & { code?: string };
  return message || code || String(error);
}
