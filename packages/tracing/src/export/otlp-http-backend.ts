import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { exportRequest, writeSpan, type ScopeSpans } from './otlp.ts';
import { ProtoWriter } from './proto-writer.ts';
import { readPartialSuccess } from './partial-success.ts';
import type { Answer, Backend } from './span-queue.ts';

type Resource = ReadableSpan['resource'];

export interface OtlpHttpOptions {
  url: URL;
  headers: Record<string, string>;
  /** How long the backend may take to answer one request, in milliseconds. */
  timeoutMs: number;
  gzip: boolean;
  /** Certificates, in PEM: whom to trust, and who we are. */
  tls?: Pick<AgentOptions, 'ca' | 'cert' | 'key'>;
}

interface OtlpBatch {
  readonly resource: Resource;
  readonly spans: readonly ScopeSpans[];
}

/** A process may have many scopes, and most of them few spans. */
const FIRST_BYTES = 1_024;
/** A buffer that is larger is not kept for the next batch. */
const KEPT_BYTES = 2 << 20;
/** How much of an answer is read: enough for its error message. */
const MAX_ANSWER_BYTES = 65_536;

/** OTLP's retryable statuses, and 500: docs/adr/0012-span-export.md says why. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

const compress = promisify(gzip);

/** An OTLP backend that takes protobuf over HTTP. Spans are encoded as they end, and kept as bytes. */
export function otlpHttpBackend({ url, headers, timeoutMs, gzip: gzipped, tls }: OtlpHttpOptions): Backend<OtlpBatch> {
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
  const post = secure ? httpsRequest : httpRequest;
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
    // A backend that hangs does not keep a process alive. A flush does, by a timer of its own.
    request.once('socket', (socket) => socket.unref());
    request.once('response', (response) => resolve({ reused: request.reusedSocket, response }));
    request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    for (const piece of body) request.write(piece);
    request.end();
    return promise;
  };

  /** A backend may close a connection at the moment in which it is used again. That says nothing about the backend. */
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
      // Scopes that had no span in this batch are forgotten, and large buffers given back.
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
        const response = await send(gzipped ? [await compress(Buffer.concat(pieces))] : pieces, signal);
        return answerOf(response, await start(response));
      } catch (error) {
        return { outcome: 'unavailable', reason: signal.aborted ? `no answer in ${timeoutMs} ms` : reasonOf(error) };
      }
    },
    async close() {
      agent.destroy();
    },
  };
}

/** The first part of an answer's body. The rest is read and dropped, so that the connection can be used again. */
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
  const reason = `it answers ${statusCode}${text}`;
  if (!mayPass(statusCode)) return { outcome: 'refused', reason };
  return { outcome: 'unavailable', reason, retryAfterMs: retryAfterMs(headers['retry-after']), suspect: statusCode === 500 };
}

/** Whether a status is about the backend's state and not about the spans, so that they should be sent again. */
export function mayPass(status: number): boolean {
  return MAY_PASS.has(status);
}

/** `Retry-After` in milliseconds: it is a number of seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, now = Date.now()): number {
  if (header === undefined) return 0;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

function reasonOf(error: unknown): string {
  // A connection that is tried at several addresses fails with an AggregateError, which has no message.
  const { message, code } = error as Error & { code?: string };
  return message || code || String(error);
}
