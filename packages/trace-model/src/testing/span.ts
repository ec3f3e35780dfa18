import type { Attributes, AttributeValue } from '../attribute.ts';
import type { Span, Trace } from '../trace.ts';
import { tracesOf } from '../trace.ts';

export const TRACE_ID = '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25';
const EPOCH = 1_763_800_000_000_000_000n;

/** The span id for a small number. */
export const id = (number: number): string => number.toString(16).padStart(16, '0');

/** The parts of a span that a test sets. */
export interface SpanParts extends Partial<Omit<Span, 'start' | 'end' | 'attributes' | 'parentSpanId' | 'links'>> {
  /** The number of its id. */
  readonly n: number;
  /** The number of its parent's id. */
  readonly parent?: number;
  /** Start and end in milliseconds; 0 to 10 by default. */
  readonly ms?: readonly [number, number];
  /** Overrides the end, in nanoseconds since 1970. */
  readonly end?: bigint;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly error?: boolean;
  /** The numbers of the spans that it links to. */
  readonly links?: readonly number[];
}

/** A span of the service `shop` with these parts. The other fields have default values. */
export function span({ n, parent, ms = [0, 10], error = false, links = [], ...rest }: SpanParts): Span {
  const service = rest.service ?? 'shop';
  return {
    traceId: TRACE_ID,
    spanId: id(n),
    parentSpanId: parent === undefined ? undefined : id(parent),
    traceState: '',
    flags: 1,
    name: `span ${n}`,
    kind: 'INTERNAL',
    service,
    start: time(ms[0]),
    end: time(ms[1]),
    status: { code: error ? 'ERROR' : 'UNSET', message: '' },
    attributes: {},
    events: [],
    links: links.map((to) => ({ traceId: TRACE_ID, spanId: id(to), traceState: '', attributes: {}, droppedAttributes: 0, flags: 0 })),
    dropped: { attributes: 0, events: 0, links: 0 },
    resource: { attributes: { 'service.name': service }, droppedAttributes: 0, schemaUrl: '' },
    scope: { name: '', version: '', attributes: {}, droppedAttributes: 0, schemaUrl: '' },
    ...rest,
  };
}

/** The time `ms` milliseconds after the epoch of the tests, in nanoseconds since 1970. */
export const time = (ms: number): bigint => EPOCH + BigInt(Math.round(ms * 1e6));

/** The trace of these spans. */
export function trace(...spans: readonly Span[]): Trace {
  return tracesOf(spans)[0] ?? { traceId: TRACE_ID, spans: [] };
}

export const http = {
  server: (status: number): Attributes => ({
    'http.request.method': 'POST',
    'url.path': '/orders',
    'url.scheme': 'http',
    'http.response.status_code': BigInt(status),
  }),
  client: (status: number, host = 'order'): Attributes => ({
    'http.request.method': 'POST',
    'url.full': `http://${host}:8082/orders`,
    'server.address': host,
    'server.port': 8082n,
    'http.response.status_code': BigInt(status),
  }),
};

export const messaging = (message: string): Attributes => ({
  'messaging.system': 'graphile_worker',
  'messaging.operation.name': 'send',
  'messaging.destination.name': 'fulfil',
  'messaging.message.id': message,
});
