import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { outside } from '@waymark/context';
import { traceRefused, type Refused } from '@waymark/tracing';
import type { Logger } from 'pino';
import { Counts, overloaded, type RequestLimit } from './limit.ts';
import { Problem } from './problem.ts';

/** What the server needs: the app, and what it checks before a request reaches the app. */
export interface Gate {
  /** The app. */
  listener: RequestListener;
  /** Resolves if the service can do its work now; rejects with the reason if not. */
  ready(): Promise<unknown>;
  limit: RequestLimit;
  /** Set for the service that receives requests from outside. */
  edge?: Edge | undefined;
}

/** Limits for callers from outside. */
export interface Edge {
  /** How many proxies stand before the service, each of which adds an address to `X-Forwarded-For`. */
  proxies: number;
  /** The number of connections that one address may have. Behind a proxy, all connections have the proxy's address, so it does not count. */
  connectionsPerAddress: number;
  /** Counts a request, probes included. Resolves with a problem if the address is over its limit. */
  admit(address: string): Promise<Problem | undefined>;
}

/** An HTTP server that can stop without failing a request. */
export interface ServiceServer {
  server: Server;
  /** From now on `/readyz` says 503 and responses close their connections, so that load balancers stop sending requests. Requests are still handled. */
  announceStop(): void;
  /** Closes the port, waits at most `ms` milliseconds for the requests in progress, then aborts the rest. Resolves with the number aborted. */
  close(ms: number): Promise<number>;
}

const MAX_CONNECTIONS = 2_000;

/** Connections of slow or silent callers are closed after these times, checked every second. */
const TIMEOUTS = { headersTimeout: 5_000, requestTimeout: 15_000, keepAliveTimeout: 30_000, connectionsCheckingInterval: 1_000 };

/** On every answer to callers from outside, who may be browsers: an answer is data, never a page, and nobody else's. Pages replace them. */
const DATA_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** How long to wait for requests that were already on the network when the port closed. */
const ON_THE_WIRE_MS = 250;

/**
 * Creates the HTTP server of a service. `/healthz` (the process lives) and `/readyz` (it can work) are not traced. Requests that never reach
 * the app get a problem document and a trace of their own like all others: those that cannot be parsed (400, 431), those with an unsupported
 * expectation (417), and those that are shed (503) or over the rate limit (429).
 */
export function serviceServer(gate: Gate, log: Logger): ServiceServer {
  let stopping = false;
  const inProgress = new Set<ServerResponse>();
  /** Connections with a request that others may read in another way. What follows on them may be a part of it, so it is not handled. */
  const ambiguous = new WeakSet<Socket>();
  const shed = countShed(log);
  const refuse = (request: IncomingMessage, response: ServerResponse, problem: Problem): void => {
    const { fields, body, ids } = refusal(problem, gate, request, callerOf(request, gate.edge));
    if (problem.code === 'overloaded') shed();
    else log.info({ ...ids, method: request.method, status: problem.status, code: problem.code }, 'request refused');
    response.writeHead(problem.status, fields).end(body);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (stopping) response.setHeader('connection', 'close');
    if (gate.edge) for (const [name, value] of Object.entries(DATA_HEADERS)) response.setHeader(name, value);
    const caller = callerOf(request, gate.edge);
    const excess = gate.edge && (await gate.edge.admit(caller));
    if (excess) return refuse(request, response, excess);
    if (ambiguous.has(request.socket)) return void response.destroy();
    const fault = faultOf(request);
    if (fault !== undefined) {
      ambiguous.add(request.socket);
      return refuse(request, response, malformed(fault));
    }
    const probe = /^\/(healthz|readyz)(?:\?|$)/.exec(request.url ?? '')?.[1];
    if (probe) return answerProbe(request, response, probe === 'readyz' ? await reasonNotReady(gate, stopping) : undefined);
    if (gate.limit.isFull(gate.edge && caller)) return refuse(request, response, overloaded());
    gate.listener(request, response);
  };

  const onRequest: RequestListener = (request, response) => {
    inProgress.add(response);
    response.once('close', () => inProgress.delete(response));
    serve(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'could not handle a request');
      response.destroy();
    });
  };
  // Node would answer a request without Host by itself, without a problem document and a trace.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false }, onRequest);
  server.maxConnections = MAX_CONNECTIONS;
  // Their size is limited. Beyond a number of them, Node would ignore the rest.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    refuse(request, response, new Problem(417, 'expectation_failed', 'The only supported expectation is "100-continue".'));
  });
  server.on('clientError', (error: UnparsedError, socket: Socket) => refuseUnparsed(error, socket, gate, log));
  if (gate.edge?.proxies === 0) limitConnections(server, gate.edge.connectionsPerAddress);
  return {
    server,
    announceStop() {
      stopping = true;
      for (const response of inProgress) if (!response.headersSent) response.setHeader('connection', 'close');
    },
    close: (ms) => close(server, ms, () => inProgress.size),
  };
}

/** The caller's address, as Koa has it in `ctx.ip`. What is left of the proxies' entries in `X-Forwarded-For`, callers can write themselves. */
function callerOf({ headers, socket }: IncomingMessage, edge: Edge | undefined): string {
  const forwarded = edge?.proxies ? String(headers['x-forwarded-for'] ?? '').split(/\s*,\s*/) : [];
  return forwarded.slice(-(edge?.proxies ?? 0))[0] || (socket.remoteAddress ?? '');
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

/** Why a request that Node accepts is refused, if it is. */
function faultOf(request: IncomingMessage): string | undefined {
  if (!hasOneHost(request)) return 'HTTP/1.1 needs exactly one Host header.';
  return isReadable(request.url) ? undefined : 'The request target is not a valid URL.';
}

/** RFC 9112 §3.2. With two, a proxy and this service could disagree about which one counts. */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && /^host$/i.test(rawHeaders[at] ?? '')) count += 1;
  return count === 1 || (count === 0 && httpVersion === '1.0');
}

/** Koa throws on some request targets that Node accepts, such as `http://[::1`. */
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
  clientAddress: string,
): { fields: Record<string, string>; body: string; ids: Record<string, string> } {
  const { status, code } = problem;
  const { headers, ids } = traceRefused({ request, clientAddress, status, code, entry: edge !== undefined });
  const body = JSON.stringify(problem.toDetails(headers['x-trace-id']));
  const length = String(Buffer.byteLength(body));
  return {
    fields: {
      'content-type': 'application/problem+json',
      'content-length': length,
      ...headers,
      ...(edge && { ...DATA_HEADERS, 'server-timing': `traceparent;desc="${headers.traceresponse}"` }),
      ...problem.extra.headers,
    },
    body,
    ids,
  };
}

/** llhttp rejects invalid HTTP and oversized headers before there is a request. */
function refuseUnparsed(error: UnparsedError, socket: Socket, gate: Gate, log: Logger): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = PROBLEMS[error.code ?? '']?.() ?? malformed('The request is not valid HTTP/1.1.');
  const { fields, body, ids } = refusal(problem, gate, requestLineOf(error), socket.remoteAddress ?? '');
  log.info({ ...ids, status: problem.status, code: problem.code, reason: error.code }, 'request refused');
  // Part of an earlier response may have been sent already. More bytes would corrupt it.
  const answering = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
  if (answering?.headersSent) return void socket.destroy();
  const head = Object.entries({ ...fields, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`);
}

/** Returns method and target, if the bytes that could not be parsed start with them. */
function requestLineOf({ rawPacket }: UnparsedError): Refused['request'] {
  const [, method, url] = /^([A-Z]{1,20}) (\S{1,2000}) HTTP\//.exec(rawPacket?.toString('latin1', 0, 2_048) ?? '') ?? [];
  return { method, url };
}

type UnparsedError = NodeJS.ErrnoException & { rawPacket?: Buffer };

const PROBLEMS: Readonly<Record<string, () => Problem>> = {
  HPE_HEADER_OVERFLOW: () => new Problem(431, 'headers_too_large', 'The headers may have at most 16 KiB.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new Problem(408, 'request_timeout', 'The request did not arrive in time.'),
  HPE_INVALID_METHOD: () => malformed('The request method is unknown.'),
};

/** Closes connections beyond `max` from one address at once, so that one caller cannot take all of them. */
function limitConnections(server: Server, max: number): void {
  const open = new Counts();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    socket.once('close', () => open.add(address, -1));
    if (open.add(address, 1) > max) socket.destroy();
  });
}

/** Logs the number of shed requests at most once a second, because there can be very many. */
function countShed(log: Logger): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) return;
    const report = (): void => {
      log.warn({ requests: count }, 'shed requests: there were too many at once');
      count = 0;
    };
    outside(() => setTimeout(report, 1_000).unref());
  };
}

async function close(server: Server, ms: number, inProgress: () => number): Promise<number> {
  const closed = new Promise<void>((resolve) => {
    server.once('close', resolve);
  });
  // http.Server's own close() would close connections whose request is still on the network.
  NetServer.prototype.close.call(server);
  await delay(ON_THE_WIRE_MS);
  server.close();
  let aborted = 0;
  const timer = setTimeout(() => {
    aborted = inProgress();
    server.closeAllConnections();
  }, ms);
  await closed;
  clearTimeout(timer);
  return aborted;
}
