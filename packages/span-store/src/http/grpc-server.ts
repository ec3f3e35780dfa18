import { constants, createServer as createHttp2Server } from 'node:http2';
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { encode } from '../otlp/encode.ts';
import { ExportResponse } from '../otlp/schema.ts';
import { HttpError, statusOf } from './http-error.ts';
import type { Stoppable } from './listen.ts';
import { readable, encodingOf, receive, tooLarge } from './read-body.ts';
import { takeSpans, type Receiver } from './take-spans.ts';

/** The size of the prefix of a message: one byte that says whether it is compressed, and four for its length (gRPC over HTTP2, "Requests"). */
const PREFIX = 5;
/** How long a request may take to arrive, in milliseconds. Until then it holds memory that others could use. */
const ARRIVAL = 30_000;
const MAX_STREAMS = 32;
/** The flow-control window in bytes. With the default of 64 KB, a batch takes several round trips. */
const WINDOW = 1_000_000;

/**
 * Receives traces over OTLP/gRPC and stores them: unary `TraceService/Export`, plain or with gzip. It uses `node:http2` directly, because the bytes
 * of all requests in progress must be counted as they arrive. A client that uses HTTP/1.1 gets the address of the OTLP/HTTP port.
 */
export function grpcServer(receiver: Receiver, otlpUrl: string): Stoppable {
  const waiting = new Set<Socket>();
  const sessions = new Set<Http2Session>();
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW } });
  http2.on('stream', (stream, headers) => void answer(receiver, stream, headers));
  http2.on('session', (session) => {
    sessions.add(session);
    // A broken connection is not an error of ours. Its streams end its requests.
    session.on('error', ignore).once('close', () => sessions.delete(session));
    session.setLocalWindowSize(WINDOW);
  });
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket)).on('error', ignore);
    onPreface(socket, (preface) => {
      if (preface !== HTTP2) return refuse(socket, otlpUrl);
      waiting.delete(socket);
      http2.emit('connection', socket);
    });
  });
  const goAway = (): void => {
    for (const session of sessions) session.close();
    for (const socket of waiting) socket.destroy();
  };
  const cutOff = (): void => {
    for (const session of sessions) session.destroy();
  };
  return { server, goAway, cutOff };
}

const ignore = (): void => {};

/** The beginning of every HTTP/2 connection (RFC 9113, section 3.4): enough to tell it from HTTP/1.1. */
const HTTP2 = 'PRI';

/** Calls `then` with the first characters, which stay readable. A client that sends none for long is disconnected. */
function onPreface(socket: Socket, then: (preface: string) => void): void {
  socket.setTimeout(ARRIVAL, () => socket.destroy());
  const look = (): void => {
    const first = socket.read() as Buffer | null;
    if (first === null) return;
    socket.unshift(first);
    if (first.length < HTTP2.length) return;
    socket.off('readable', look).setTimeout(0);
    then(first.toString('latin1', 0, HTTP2.length));
  };
  socket.on('readable', look);
}

function refuse(socket: Socket, otlpUrl: string): void {
  const words = `This port takes OTLP/gRPC. Send OTLP/HTTP to ${otlpUrl}.\n`;
  socket
    .resume()
    .end(`HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${words.length}\r\n\r\n${words}`);
}

async function answer(receiver: Receiver, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  stream.on('error', ignore);
  stream.setTimeout(ARRIVAL, () => stream.close(constants.NGHTTP2_CANCEL));
  try {
    const method = METHODS.get(String(headers[':path']));
    if (headers[':method'] !== 'POST' || !/^application\/grpc(?:\+proto)?$/.test(headers['content-type'] ?? '')) {
      stream.respond({ ':status': 415 }, { endStream: true });
      return giveUp(stream);
    }
    if (method === undefined) throw new HttpError(404, `there is no ${headers[':path']}; call ${TRACES}`);
    const message = await withMessage(receiver, stream, String(headers['grpc-encoding'] ?? 'identity'), (body) =>
      method === 'traces' ? takeSpans(receiver, body) : {},
    );
    reply(stream, encode(ExportResponse, message));
  } catch (error) {
    if (stream.destroyed) return;
    const status = statusOf(error);
    receiver.intake.refused(status);
    fail(stream, CODES[status] ?? INTERNAL, (error as Error).message);
  }
}

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Metrics and logs are accepted and dropped, as on the HTTP port. */
const METHODS: ReadonlyMap<string, 'traces' | 'dropped'> = new Map([
  [TRACES, 'traces'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'dropped'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'dropped'],
]);

async function withMessage<T>(
  { limits: { maxBodyBytes }, intake }: Receiver,
  stream: ServerHttp2Stream,
  encoding: string,
  use: (body: Buffer) => T,
): Promise<T> {
  using held = intake.bodies.holder();
  const raw = await receive(stream.iterator({ destroyOnReturn: false }), maxBodyBytes, held.add, PREFIX);
  if (raw.length < PREFIX) throw new HttpError(400, 'the request has no message');
  if (raw.readUInt32BE(1) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  if (raw.readUInt32BE(1) !== raw.length - PREFIX) throw new HttpError(400, 'the message does not have the length in its prefix');
  return use(await readable(raw.subarray(PREFIX), raw[0] === 1 ? encodingOf(encoding) : 'identity', maxBodyBytes, held.add));
}

function reply(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed) return;
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc+proto', 'grpc-accept-encoding': 'gzip,deflate,identity' },
    { waitForTrailers: true },
  );
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([prefix, message]));
}

function fail(stream: ServerHttp2Stream, code: number, message: string): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-accept-encoding': 'gzip,deflate,identity',
      'grpc-status': String(code),
      'grpc-message': encodeURIComponent(message),
    },
    { endStream: true },
  );
  giveUp(stream);
}

/** Tells the client to stop sending a request that is already answered, and discards what still arrives. */
const giveUp = (stream: ServerHttp2Stream): void => stream.resume().close(constants.NGHTTP2_NO_ERROR);

const INTERNAL = 13;
/**
 * The gRPC status for an HTTP status. Exporters retry after UNAVAILABLE, but not after INVALID_ARGUMENT, UNIMPLEMENTED or RESOURCE_EXHAUSTED
 * (OTLP specification, "OTLP/gRPC Failures").
 */
const CODES: Readonly<Record<number, number>> = { 400: 3, 404: 12, 413: 8, 415: 12, 429: 14 };
