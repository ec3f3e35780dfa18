/** Something that has a trace id: a response with headers, an object with a `traceId`, or the id itself. */
export type TraceSource = string | { readonly traceId: string } | { readonly headers: FetchHeaders | HeaderRecord };

/** The headers of `fetch`, of Node or of a package. */
export interface FetchHeaders {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/** Headers of Node's `http`, undici, axios or supertest. */
export type HeaderRecord = Readonly<Record<string, unknown>>;

/** The trace that a response names. */
export interface TraceReference {
  readonly traceId: string;
  /** False if the response says that the trace is not recorded; undefined if it does not say. */
  readonly sampled: boolean | undefined;
}

/**
 * The trace of a response: from its header `traceresponse` (W3C Trace Context Level 2 draft) or `x-trace-id`, from its `traceId`, or from text, which
 * is an id or a `traceparent`. Throws a `TypeError` that says what was found instead.
 */
export function traceReference(source: TraceSource): TraceReference {
  if (typeof source === 'string') return fromText(source, 'the text');
  if (source === null || typeof source !== 'object')
    throw new TypeError(`no trace id: expected a response or an id, but got ${String(source)}`);
  if ('headers' in source) return fromHeaders(source.headers, source);
  if (typeof source.traceId === 'string') return fromText(source.traceId, 'traceId');
  throw new TypeError(
    `no trace id: expected a response with headers, a traceId or text, but got an object with ${Object.keys(source).join(', ') || 'no properties'}`,
  );
}

function fromHeaders(headers: FetchHeaders | HeaderRecord, source: object): TraceReference {
  const response = header(headers, 'traceresponse');
  if (response) return fromText(response, 'the header traceresponse');
  const id = header(headers, 'x-trace-id');
  if (id) return fromText(id, 'the header x-trace-id');
  if ('traceId' in source && typeof source.traceId === 'string') return fromText(source.traceId, 'traceId');
  throw new TypeError(
    `no trace id: the response has neither traceresponse nor x-trace-id among its headers (${names(headers).join(', ') || 'none'}). ` +
      "Let the service send one of them, or pass the trace id of the request's traceparent.",
  );
}

function header(headers: FetchHeaders | HeaderRecord, name: string): string {
  if (isFetchHeaders(headers)) return headers.get(name) ?? '';
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : Array.isArray(value) ? String(value[0] ?? '') : '';
}

const names = (headers: FetchHeaders | HeaderRecord): string[] => (isFetchHeaders(headers) ? [...headers.keys()] : Object.keys(headers));

/** By shape: undici and node-fetch have a `Headers` class of their own, and jsdom has none. */
const isFetchHeaders = (headers: FetchHeaders | HeaderRecord): headers is FetchHeaders =>
  typeof headers['get'] === 'function' && typeof headers['keys'] === 'function';

const FULL = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})/;

function fromText(given: string, where: string): TraceReference {
  const text = given.trim().toLowerCase();
  const [, traceId, flags = ''] = FULL.exec(text) ?? [];
  if (traceId) return { traceId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
  if (/^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text)) return { traceId: text, sampled: undefined };
  throw new TypeError(`no trace id: ${where} should be 32 hex digits, but is ${JSON.stringify(given.slice(0, 80))}`);
}
