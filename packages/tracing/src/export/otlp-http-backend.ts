import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import { promisify } from 'node:util';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { exportRequest, writeSpan, type ScopeSpans } from './otlp.ts';
import { copyOf, ProtoWriter } from './proto-writer.ts';
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
  spans: readonly ScopeSpans[];
  /** The writers whose buffers the spans are in. */
  lent: readonly ProtoWriter[];
}

interface Exchange {
  readonly response: IncomingMessage;
  /** Whether all of the request had been handed to the operating system by then. */
  readonly wasSent: boolean;
}

/** Small, because a process may have many scopes with few spans each. */
const FIRST_BYTES = 1_024;
/** Larger buffers are not kept for the next batch. */
const KEPT_BYTES = 2 << 20;
/** How many buffers are sent as they are and used again afterwards, which takes a tenth of the time of a copy in new memory. */
const MOST_LENT = 4;
/** Larger buffers are not lent, because a buffer may be nearly empty, and memory is counted in bytes of spans. */
const LENT_BYTES = 512 << 10;
/** How much of a response is kept: enough for its error message. */
const MAX_ANSWER_BYTES = 65_536;

/** Spans are so alike that more effort saves little: 7.8 to 8.4 times smaller for 4.7 to 7.3 µs a span. */
const FAST = { level: 1 };

/** OTLP's retryable statuses, and 500 (docs/adr/0012-span-export.md explains why). */
const MAY_PASS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** An OTLP backend that receives protobuf over HTTP. Spans are encoded as they are added, and kept as bytes. */
export function otlpHttpBackend({ url, headers, timeoutMs, gzip: gzipped, tls }: OtlpHttpOptions): Backend<OtlpBatch> {
  const secure = url.protocol === 'https:';
  // TLS and compression are loaded only if they are used, and nothing with `import` (docs/upstream/import-of-node-http.md): a process should start soon.
  const { Agent, request: post } = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const agent = new Agent({ keepAlive: true, ...tls });
  const compress = gzipped ? promisify(process.getBuiltinModule('node:zlib').gzip) : undefined;
  const open = new Map<ReadableSpan['instrumentationScope'], ProtoWriter>();
  const idle: ProtoWriter[] = [];
  let lent = 0;
  let resource: Resource | undefined;

  const exchange = async (body: readonly Buffer[], signal: AbortSignal): Promise<Exchange> => {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
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
    request.once('response', (response) => resolve({ response, wasSent: request.writableFinished }));
    request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    for (const piece of body) request.write(piece);
    request.end();
    return promise;
  };

  /** Retries once on a new connection if a reused one fails: the backend may have closed it while it was idle. */
  const send = async (body: readonly Buffer[], signal: AbortSignal): Promise<Exchange> => {
    try {
      return await exchange(body, signal);
    } catch (error) {
      if (!(error as { reused?: boolean }).reused || signal.aborted) throw error;
      return await exchange(body, signal);
    }
  };

  /** Takes the lent buffers back. One that may still be on its way to the backend is not used again. */
  const takeBack = (batch: OtlpBatch, wasSent: boolean): void => {
    lent -= batch.lent.length;
    for (const writer of batch.lent) writer.length = 0;
    if (wasSent) idle.push(...batch.lent);
    batch.lent = [];
  };

  /** A batch that must wait gets buffers of its own size: a lent one may be larger than what is counted. */
  const keep = (batch: OtlpBatch): void => {
    if (batch.lent.length > 0) batch.spans = batch.spans.map(({ scope, bytes }) => ({ scope, bytes: copyOf(bytes) }));
    takeBack(batch, false);
  };

  return {
    name: `${url.origin}${url.pathname}`,
    parts: (span) => resource !== undefined && span.resource !== resource,
    add(span, room) {
      let writer = open.get(span.instrumentationScope);
      if (!writer) open.set(span.instrumentationScope, (writer = idle.pop() ?? new ProtoWriter(FIRST_BYTES)));
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
      const spans: ScopeSpans[] = [];
      const borrowed: ProtoWriter[] = [];
      for (const [scope, writer] of open) {
        const { length, capacity } = writer;
        const lends = length > 0 && capacity <= LENT_BYTES && lent + borrowed.length < MOST_LENT;
        if (length > 0) spans.push({ scope, bytes: lends ? writer.written : copyOf(writer.written) });
        if (lends) borrowed.push(writer);
        // Forgets scopes without spans in this batch, and frees large buffers.
        if (lends || length === 0 || capacity > KEPT_BYTES) open.delete(scope);
        else writer.length = 0;
      }
      lent += borrowed.length;
      const batch = { resource: resource!, spans, lent: borrowed };
      resource = undefined;
      return batch;
    },
    async send(batch, stop) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([stop, timeout]);
      try {
        await batch.resource.waitForAsyncAttributes?.();
        const pieces = exportRequest(batch.resource, batch.spans);
        const { response, wasSent } = await send(compress ? [await compress(Buffer.concat(pieces), FAST)] : pieces, signal);
        const answer = answerOf(response, await start(response));
        if (answer.outcome === 'unavailable') keep(batch);
        else takeBack(batch, wasSent);
        return answer;
      } catch (error) {
        keep(batch);
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
