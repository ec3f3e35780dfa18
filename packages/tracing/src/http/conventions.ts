import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { propagation, trace, type Attributes, type Context, type Link, type SpanContext } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { allowedBaggage } from '../baggage.ts';
import { remembered } from '../bounded-cache.ts';
import { ROOT } from '../provider/linked-context.ts';
import { traceparent } from '../sdk/trace-context.ts';

const METHODS = 'CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,QUERY,TRACE';

/** The variable replaces the whole list (semantic conventions, `http.request.method`); empty counts as unset. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  (process.env['OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS']?.trim() || METHODS).split(',').map((method) => method.trim()),
);

// Attributes are assigned one by one: V8 is slow at object literals with computed keys and spreads, and each request has many.

function setMethod(attributes: Attributes, method: string): void {
  if (KNOWN_METHODS.has(method)) {
    attributes[ATTR_HTTP_REQUEST_METHOD] = method;
  } else {
    attributes[ATTR_HTTP_REQUEST_METHOD] = '_OTHER';
    attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = method;
  }
}

/**
 * The attributes of a CLIENT span as its request begins (semantic conventions, HTTP client). Credentials live in a URL's user part and query:
 * neither belongs on a span. Invalid URLs are left to the client: its error message is better than ours.
 */
export function clientAttributes(method: string, origin: string, path: string): Attributes {
  const attributes: Attributes = {};
  setMethod(attributes, method);
  const absolute = /^https?:/.test(path) ? URL.parse(path) : undefined;
  const { origin: base, server } = partsOf(absolute?.origin ?? origin);
  if (absolute === null || !server) return attributes;
  attributes[ATTR_URL_FULL] = base + (absolute?.pathname ?? withoutQuery(path));
  attributes[ATTR_SERVER_ADDRESS] = server.address;
  attributes[ATTR_SERVER_PORT] = server.port;
  return attributes;
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** Parsing a URL takes a microsecond, and most requests go to the same few servers. */
const REMEMBERED = 1_000;

interface Server {
  address: string;
  port: number;
}

const partsOf = remembered(REMEMBERED, (origin): { origin: string; server?: Server } => {
  const url = URL.parse(origin);
  if (!url) return { origin };
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { origin: url.origin, server: { address: bareHost(url.hostname), port } };
});

/** What a connection adds to a CLIENT span. A Unix socket has neither address nor port. */
export function connectionAttributes({ remoteAddress, remotePort }: Socket, httpVersion: string): Attributes {
  const attributes: Attributes = { [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion };
  if (remoteAddress) attributes[ATTR_NETWORK_PEER_ADDRESS] = remoteAddress;
  if (remotePort) attributes[ATTR_NETWORK_PEER_PORT] = remotePort;
  return attributes;
}

/** A request as its server knows it; what is not known is left out. */
export interface ServerRequest {
  method: string;
  /** Without the query, which may hold secrets. */
  path: string;
  scheme: string;
  httpVersion?: string | undefined;
  /** The server that the caller asked for, as in the `Host` header. */
  host?: string | undefined;
  clientAddress?: string | undefined;
  userAgent?: string | undefined;
}

/** A request as Node's parser has it; of one that cannot be parsed, perhaps nothing. */
export interface ParsedRequest {
  method?: string | undefined;
  url?: string | undefined;
  httpVersion?: string;
  headers?: IncomingHttpHeaders;
}

/** What a parsed request says of itself. */
export function serverRequest({ method = '', url = '', httpVersion, headers = {} }: ParsedRequest, scheme: string): ServerRequest {
  return { method, path: pathOf(url), scheme, httpVersion, host: headers.host, clientAddress: undefined, userAgent: headers['user-agent'] };
}

/** The attributes of a SERVER span as its request begins (semantic conventions, HTTP server). */
export function serverAttributes({ method, path, scheme, httpVersion, host, clientAddress, userAgent }: ServerRequest): Attributes {
  const attributes: Attributes = {};
  setMethod(attributes, method);
  attributes[ATTR_URL_PATH] = path;
  attributes[ATTR_URL_SCHEME] = scheme;
  if (httpVersion) attributes[ATTR_NETWORK_PROTOCOL_VERSION] = httpVersion;
  const { address, port } = host ? hostParts(host) : UNKNOWN_HOST;
  if (address !== undefined) {
    attributes[ATTR_SERVER_ADDRESS] = address;
    // The caller's port, which behind a mapping is not the one that the server listens on.
    attributes[ATTR_SERVER_PORT] = port ?? (scheme === 'https' ? 443 : 80);
  }
  if (clientAddress) attributes[ATTR_CLIENT_ADDRESS] = clientAddress;
  if (userAgent) attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
  return attributes;
}

const UNKNOWN_HOST: Partial<Server> = {};

const hostParts = remembered(REMEMBERED, (host): Partial<Server> => {
  const url = URL.parse(`http://${host}`);
  const port = Number(/:(\d+)$/.exec(host)?.[1]);
  return { ...(url && { address: bareHost(url.hostname) }), ...(port && { port }) };
});

/** The path of a request target, without the query, which may hold secrets. A proxy's client sends a whole URL. */
function pathOf(target: string): string {
  if (!target.startsWith('/')) return URL.parse(target)?.pathname ?? '';
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** A route as OpenAPI writes it: `/orders/{id}` for `/orders/:id` of a router, whatever the parameter must match. */
export const openApiPath = remembered(REMEMBERED, (route): string =>
  route.replaceAll(/:(\w+)(?:\{[^{}]*\}|\([^()]*\))?\??|\*(\w+)/g, (_, parameter, wildcard) => `{${parameter ?? wildcard}}`),
);

/** A span's name: method and route where there is one, else the method (semantic conventions, HTTP spans, "Name"). */
export function httpSpanName(method: string, route?: string): string {
  const verb = KNOWN_METHODS.has(method) ? method : 'HTTP';
  return route ? `${verb} ${route}` : verb;
}

/** A host name as `server.address` has it: an IPv6 address without the brackets that a URL needs. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

const NONE: Link[] = [];

/**
 * Where a request comes from: the span to continue or, if its caller is not trusted, to be linked to. Of the baggage only what is allowed
 * comes in.
 * @param trust asked only if the caller sent a valid `traceparent`
 */
export function origin(headers: IncomingHttpHeaders, trust: () => boolean): { parent: Context; links: Link[] } {
  const parent = allowedBaggage(propagation.extract(ROOT, headers));
  const caller = trace.getSpanContext(parent);
  if (!caller || trust()) return { parent, links: NONE };
  const { traceState: _theirs, ...linked } = caller;
  return { parent: trace.deleteSpan(parent), links: [{ context: linked }] };
}

export const TRACE_ID = 'x-trace-id';
export const TRACERESPONSE = 'traceresponse';

/** The answer headers by which a caller finds the trace; `traceresponse` as in W3C Trace Context Level 3 (draft), "Traceresponse Header". */
export function responseHeaders(span: SpanContext): { 'x-trace-id': string; traceresponse: string } {
  return { [TRACE_ID]: span.traceId, [TRACERESPONSE]: traceparent(span) };
}

/** The id of the active trace, if there is one. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
