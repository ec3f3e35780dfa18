/** Where a trace id can be taken from: an answer with headers, anything with a `traceId`, or the id itself. */
export type TraceSource = string | { readonly traceId: string } | { readonly headers: FetchHeaders | HeaderRecord };

/** The headers of `fetch`, of Node or of a package. */
export interface FetchHeaders {
  get(name: string): string | null;
  keys(): Iterable<string>;
}

/** Headers as Node's `http`, undici, axios and supertest give them. */
export type HeaderRecord = Readonly<Record<string, unknown>>;

/** A trace that an answer names. */
export interface TraceReference {
  readonly traceId: string;
  /** False when the answer says that nothing was recorded; undefined when it says neither. */
  readonly sampled: boolean | undefined;
}

/**
 * The trace that an answer belongs to: by its `traceresponse` header (W3C Trace Context Level 2 draft) or `x-trace-id`, by its `traceId`,
 * or by the id itself or a `traceparent` as text. Throws a `TypeError` that says what was seen instead.
 */
export function traceReference(source: TraceSource): TraceReference {
  if (typeof source === 'string') return fromText(source, 'the text');
  if (source === null || typeof source !== 'object')
    throw new TypeError(`no trace id: expected an answer or an id, but got ${String(source)}`);
  if ('headers' in source) return fromHeaders(source.headers, source);
  if (typeof source.traceId === 'string') return fromText(source.traceId, 'traceId');
  throw new TypeError(
    `no trace id: expected an answer with headers, a traceId or text, but got an object with ${Object.keys(source).join(', ') || 'nothing'}`,
  );
}

function fromHeaders(headers: FetchHeaders | HeaderRecord, source: object): TraceReference {
  const response = header(headers, 'traceresponse');
  if (response) return fromText(response, 'the header traceresponse');
  const id = header(headers, 'x-trace-id');
  if (id) return fromText(id, 'the header x-trace-id');
  if ('traceId' in source && typeof source.traceId === 'string') return fromText(source.traceId, 'traceId');
  throw new TypeError(
    `no trace id: the answer has neither traceresponse nor x-trace-id among its headers (${names(headers).join(', ') || 'none'}). ` +
      'Let the service answer with one of them, or pass the trace id of the traceparent that the request carried.',
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
