/** A span as a test describes it; ids are small numbers, times milliseconds after the trace began. */
interface Parts {
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly service: string;
  readonly ms: readonly [number, number];
  /** OTLP's number; 1, INTERNAL, by default. */
  readonly kind?: number;
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly link?: { readonly traceId: string; readonly id: number };
}

const hex = (id: number): string => id.toString(16).padStart(16, '0');

/** An OTLP/JSON request with one trace that began at `began`, in milliseconds since 1970. */
export function traceRequest(traceId: string, spans: readonly Parts[], began = Date.now() - 120_000): object {
  const byService = Map.groupBy(spans, ({ service }) => service);
  return {
    resourceSpans: [...byService].map(([service, own]) => ({
      resource: { attributes: attributes({ 'service.name': service }) },
      scopeSpans: [{ scope: { name: 'test' }, spans: own.map((parts) => spanOf(traceId, BigInt(began) * 1_000_000n, parts)) }],
    })),
  };
}

function spanOf(
  traceId: string,
  began: bigint,
  { id, parent, name, ms: [from, to], kind = 1, error, attributes: given = {}, link }: Parts,
): object {
  return {
    traceId,
    spanId: hex(id),
    ...(parent && { parentSpanId: hex(parent) }),
    name,
    kind,
    startTimeUnixNano: String(began + BigInt(Math.round(from * 1e6))),
    endTimeUnixNano: String(began + BigInt(Math.round(to * 1e6))),
    attributes: attributes(given),
    ...(error !== undefined && { status: { code: 2, message: error } }),
    ...(link && { links: [{ traceId: link.traceId, spanId: hex(link.id) }] }),
  };
}

const attributes = (values: Readonly<Record<string, string | number>>): object[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

export const ORDER = 'a'.repeat(32);
export const SECOND_ORDER = 'c'.repeat(32);
export const BROKEN = 'b'.repeat(32);
export const LARGE = 'd'.repeat(32);
export const WAITING = '9'.repeat(32);
export const JOBS = 'e'.repeat(32);

const order = (orderId: string, slower: number): Parts[] => [
  { id: 1, name: 'POST /orders', service: 'gateway', ms: [0, 40 + slower], attributes: { 'order.id': orderId } },
  { id: 2, parent: 1, name: 'check session', service: 'auth', ms: [1, 5] },
  { id: 3, parent: 1, name: 'place order', service: 'order', ms: [6, 38 + slower] },
  { id: 4, parent: 3, name: 'INSERT orders', service: 'order', ms: [8, 12] },
];

export const orderTrace = traceRequest(ORDER, order('first', 0));
export const secondOrderTrace = traceRequest(
  SECOND_ORDER,
  [...order('second', 20), { id: 5, parent: 3, name: 'refund', service: 'order', ms: [13, 14], error: 'declined' }],
  Date.now() - 90_000,
);

/** An id that two spans have, an orphan and an error; and a link to the first order. */
export const brokenTrace = traceRequest(
  BROKEN,
  [
    { id: 1, name: 'GET /stock', service: 'gateway', ms: [0, 40], error: 'no answer', link: { traceId: ORDER, id: 3 } },
    { id: 2, parent: 1, name: 'SELECT stock', service: 'inventory', ms: [1, 5] },
    { id: 2, parent: 1, name: 'SELECT stock', service: 'inventory', ms: [1, 6] },
    { id: 4, parent: 99, name: 'lost child', service: 'inventory', ms: [8, 12] },
  ],
  Date.now() - 60_000,
);

/** A request that failed, and one that did not. */
export const requestTrace = traceRequest(
  '7'.repeat(32),
  [
    { id: 1, name: 'GET /lamps', service: 'shop', kind: 2, ms: [0, 30], error: 'no lamps' },
    { id: 2, parent: 1, name: 'GET /stock', service: 'shop', kind: 2, ms: [1, 20] },
  ],
  Date.now() - 40_000,
);

const database = (name: string) => ({ 'db.system.name': 'postgresql', 'db.namespace': name });

/** A request whose job runs a minute later. Each service has a database. */
export const waitingTrace = traceRequest(
  WAITING,
  [
    { id: 1, name: 'POST /orders', service: 'gateway', kind: 2, ms: [0, 60] },
    { id: 2, parent: 1, name: 'check session', service: 'auth', kind: 2, ms: [1, 20] },
    { id: 3, parent: 2, name: 'SELECT sessions', service: 'auth', kind: 3, ms: [2, 10], attributes: database('auth') },
    { id: 4, parent: 1, name: 'place order', service: 'order', kind: 2, ms: [21, 58] },
    { id: 5, parent: 4, name: 'INSERT orders', service: 'order', kind: 3, ms: [22, 30], attributes: database('order') },
    { id: 6, parent: 4, name: 'reserve', service: 'inventory', kind: 2, ms: [31, 50] },
    { id: 7, parent: 6, name: 'UPDATE stock', service: 'inventory', kind: 3, ms: [32, 40], attributes: database('inventory') },
    { id: 8, parent: 4, name: 'send job', service: 'order', kind: 4, ms: [51, 52] },
    { id: 9, parent: 8, name: 'process job', service: 'order', kind: 5, ms: [60_000, 60_030] },
  ],
  Date.now() - 150_000,
);

const refused = (id: number, from: number, resend: Readonly<Record<string, string | number>>): Parts => ({
  id,
  parent: 1,
  name: 'POST /reservations',
  service: 'order',
  kind: 3,
  ms: [from, from + 1],
  error: 'connect refused',
  attributes: {
    'http.request.method': 'POST',
    'url.full': 'http://inventory/reservations',
    'server.address': 'inventory',
    'waymark.peer.service': 'inventory',
    'error.type': 'ECONNREFUSED',
    ...resend,
  },
});

/** An order that fails because another service is down. */
export const failedTrace = traceRequest('f'.repeat(32), [
  {
    id: 1,
    name: 'POST /orders',
    service: 'order',
    kind: 2,
    ms: [0, 40],
    error: 'out of reach',
    attributes: { 'http.request.method': 'POST', 'http.response.status_code': 503, 'waymark.segment.spans': 3 },
  },
  refused(2, 5, {}),
  refused(3, 30, { 'http.request.resend_count': 1 }),
]);

/** One call, and twenty jobs that a service sends to itself. */
export const jobsTrace = traceRequest(
  JOBS,
  [
    { id: 1, name: 'POST', service: 'desk', ms: [0, 40], kind: 3 },
    { id: 2, parent: 1, name: 'POST /jobs', service: 'printer', ms: [1, 39], kind: 2 },
    ...Array.from({ length: 20 }, (_, at): Parts[] => [
      { id: 10 + 2 * at, parent: 2, name: 'send print', service: 'printer', ms: [2, 3], kind: 4 },
      { id: 11 + 2 * at, parent: 10 + 2 * at, name: 'process print', service: 'printer', ms: [5, 6], kind: 5 },
    ]).flat(),
  ],
  Date.now() - 7_200_000,
);

/** 2,000 spans, six deep. */
export const largeTrace = traceRequest(
  LARGE,
  Array.from({ length: 2_000 }, (_, place): Parts => {
    const id = place + 1;
    const depth = id === 1 ? 0 : 1 + (place % 6);
    const from = (id / 2_000) * 900;
    return {
      id,
      ...(id > 1 && { parent: depth === 1 ? 1 : id - 1 }),
      name: `step ${id}`,
      service: `service ${id % 5}`,
      ms: id === 1 ? [0, 1_000] : [from, from + 10 - depth],
    };
  }),
  Date.now() - 30_000,
);
