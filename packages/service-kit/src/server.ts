import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { outside, traceRefused, type Refused } from '@waymark/tracing';
import type { Logger } from 'pino';
import { overloaded, type RequestLimit } from './limit.ts';
import { Problem } from './problem.ts';

/** What stands between the network and a service's app. */
export interface Gate {
  /** The app. */
  listener: RequestListener;
  /** Resolves if the service can do its work now; rejects with the reason if not. */
  ready(): Promise<unknown>;
  limit: RequestLimit;
  /** Set where callers from outside come in. */
  edge?: Edge | undefined;
}

/** Limits for callers that nobody knows. */
export interface Edge {
  /** How many connections one address may have. */
  connectionsPerAddress: number;
  /** Counts a request, probes included; resolves with the reason if the address has had its share. */
  admit(address: string): Promise<Problem | undefined>;
}

/** An HTTP server that can stop without failing a request. */
export interface ServiceServer {
  server: Server;
  /** From here on `/readyz` says no, and answers close their connections: balancers look elsewhere. Requests are still handled. */
  announceStop(): void;
  /** Takes no new connections, waits at most `ms` milliseconds for the requests in hand, then cuts them off. Resolves with their number. */
  close(ms: number): Promise<number>;
}

const MAX_CONNECTIONS = 2_000;

/** Slow or silent callers are cut off after these times, checked every second. */
const TIMEOUTS = { headersTimeout: 5_000, requestTimeout: 15_000, keepAliveTimeout: 30_000, connectionsCheckingInterval: 1_000 };

/** Requests that are on their way when the port closes still arrive within this time. */
const ON_THE_WIRE_MS = 250;

/**
 * The HTTP server of a service. `/healthz` (the process lives) and `/readyz` (it can work) leave no traces. Requests that never reach the
 * app are answered like all others, with a problem document and the id of a trace of their own: those that cannot be parsed (400, 431), that
 * expect what we do not offer (417), and those that are shed (503) or over the rate limit (429).
 */
export function serviceServer(gate: Gate, log: Logger): ServiceServer {
  let stopping = false;
  const inHand = new Set<ServerResponse>();
  const shed = countShed(log);
  const refuse = (request: IncomingMessage, response: ServerResponse, problem: Problem): void => {
    const { fields, body, ids } = refusal(problem, gate, request, request.socket);
    if (problem.code === 'overloaded') shed();
    else log.info({ ...ids, method: request.method, status: problem.status, code: problem.code }, 'request refused');
    response.writeHead(problem.status, fields).end(body);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (stopping) response.setHeader('connection', 'close');
    const excess = gate.edge && (await gate.edge.admit(request.socket.remoteAddress ?? ''));
    if (excess) return refuse(request, response, excess);
    const probe = /^\/(healthz|readyz)(?:\?|$)/.exec(request.url ?? '')?.[1];
    if (probe) return answerProbe(request, response, probe === 'readyz' ? await reasonNotReady(gate, stopping) : undefined);
    if (!isReadable(request.url)) return refuse(request, response, malformed('The request target is not a valid URL.'));
    if (gate.limit.isFull) return refuse(request, response, overloaded());
    gate.listener(request, response);
  };

  const onRequest: RequestListener = (request, response) => {
    inHand.add(response);
    response.once('close', () => inHand.delete(response));
    serve(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a request could not be handled');
      response.destroy();
    });
  };
  const server = createServer(TIMEOUTS, onRequest);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    refuse(request, response, new Problem(417, 'expectation_failed', 'The only expectation that is met is "100-continue".'));
  });
  server.on('clientError', (error: UnparsedError, socket: Socket) => refuseUnparsed(error, socket, gate, log));
  if (gate.edge) limitConnections(server, gate.edge.connectionsPerAddress);
  return {
    server,
    announceStop() {
      stopping = true;
      for (const response of inHand) if (!response.headersSent) response.setHeader('connection', 'close');
    },
    close: (ms) => close(server, ms, () => inHand.size),
  };
}

function answerProbe(request: IncomingMessage, response: ServerResponse, reason: string | undefined): void {
  const body = reason ? { status: 'unavailable', reason } : { status: 'ok' };
  response.writeHead(reason ? 503 : 200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
}

async function reasonNotReady(gate: Gate, stopping: boolean): Promise<string | undefined> {
  if (stopping) return 'draining';
  try {
    await gate.ready();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Koa throws at some targets that HTTP allows, such as `http://[::1`. */
function isReadable(url = ''): boolean {
  return /^\/(?!\/)/.test(url) || url === '*' || URL.canParse(url, 'http://localhost');
}

function malformed(detail: string): Problem {
  return new Problem(400, 'malformed_request', detail, { headers: { connection: 'close' } });
}

function refusal(
  problem: Problem,
  { edge }: Gate,
  request: Refused['request'],
  { remoteAddress }: Socket,
): { fields: Record<string, string>; body: string; ids: Record<string, string> } {
  const { status, code } = problem;
  const { headers, ids } = traceRefused({ request, clientAddress: remoteAddress, status, code, entry: edge !== undefined });
  const body = JSON.stringify(problem.toDetails(headers['x-trace-id']));
  const length = String(Buffer.byteLength(body));
  return {
    fields: {
      'content-type': 'application/problem+json',
      'content-length': length,
      ...headers,
      ...(edge && { 'server-timing': `traceparent;desc="${headers.traceresponse}"` }),
      ...problem.extra.headers,
    },
    body,
    ids,
  };
}

/** llhttp rejects what is not HTTP, or too much of it, before there is a request. */
function refuseUnparsed(error: UnparsedError, socket: Socket, gate: Gate, log: Logger): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = PROBLEMS[error.code ?? '']?.() ?? malformed('The request is not valid HTTP/1.1.');
  const { fields, body, ids } = refusal(problem, gate, requestLineOf(error), socket);
  log.info({ ...ids, status: problem.status, code: problem.code, reason: error.code }, 'request refused');
  // A part of an earlier answer may have been sent: more than that can only confuse the caller.
  const answering = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
  if (answering?.headersSent) return void socket.destroy();
  const head = Object.entries({ ...fields, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`);
}

/** Method and target, if the bytes that could not be parsed begin with them. */
function requestLineOf({ rawPacket }: UnparsedError): Refused['request'] {
  const [, method, url] = /^([A-Z]{1,20}) (\S{1,2000}) HTTP\//.exec(rawPacket?.toString('latin1', 0, 2_048) ?? '') ?? [];
  return { method, url };
}

type UnparsedError = NodeJS.ErrnoException & { rawPacket?: Buffer };

const PROBLEMS: Readonly<Record<string, () => Problem>> = {
  HPE_HEADER_OVERFLOW: () => new Problem(431, 'headers_too_large', 'The headers may have at most 16 KiB.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new Problem(408, 'request_timeout', 'The request did not arrive in time.'),
  HPE_INVALID_METHOD: () => malformed('The request method is not one that HTTP servers know.'),
};

/** At most `max` connections from one address: the rest are closed at once, so that one caller cannot take them all. */
function limitConnections(server: Server, max: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count > max) socket.destroy();
  });
}

/** Shed requests are many by nature: one line a second says how many. */
function countShed(log: Logger): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) return;
    const report = (): void => {
      log.warn({ requests: count }, 'requests were shed: there were too many at once');
      count = 0;
    };
    outside(() => setTimeout(report, 1_000).unref());
  };
}

async function close(server: Server, ms: number, inHand: () => number): Promise<number> {
  const closed = new Promise<void>((resolve) => {
    server.once('close', resolve);
  });
  // http.Server's own close() would cut connections whose request is on its way.
  NetServer.prototype.close.call(server);
  await delay(ON_THE_WIRE_MS);
  server.close();
  let cutOff = 0;
  const timer = setTimeout(() => {
    cutOff = inHand();
    server.closeAllConnections();
  }, ms);
  await closed;
  clearTimeout(timer);
  return cutOff;
}
