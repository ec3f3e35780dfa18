import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

// A stub for each of the four services. It is ready at once, and as the gateway it accepts orders. STUB selects how it misbehaves.
const { HOST, PORT, OTEL_SERVICE_NAME: service, STUB = '' } = process.env;
const log = (msg: string, more: object = {}) => console.log(JSON.stringify({ level: 30, time: Date.now(), service, msg, ...more }));
const traceId = '0af7651916cd43dd8448eb211c80319c';

if (STUB === 'crash-on-start') throw new Error('cannot read the price list');

const routes: Record<string, () => [status: number, body: object]> = {
  'GET /readyz': () => [STUB === 'never-ready' ? 503 : 200, {}],
  'GET /env': () => [200, { ...process.env, STUB_PID: String(process.pid) }],
  'POST /crash': () => {
    setImmediate(() => {
      throw new Error('out of paper');
    });
    return [202, {}];
  },
  'POST /v1/sessions': () => [201, { token: 'token-of-demo' }],
  'GET /v1/products': () =>
    STUB === 'no-inventory'
      ? [503, { code: 'upstream_unavailable', detail: 'The inventory service cannot be reached.' }]
      : [200, { items: [{ sku: 'lamp', name: 'Lamp', priceCents: 4900, available: STUB === 'sold-out' ? 0 : 3 }] }],
  'POST /v1/orders': () => {
    void exportTrace();
    return [201, { id: 'order-1', status: 'pending' }];
  },
  'GET /v1/orders/order-1': () => [200, { id: 'order-1', status: STUB === 'rejects' ? 'rejected' : 'fulfilled' }],
};

/** Exports the order's trace, one span, as OTLP/HTTP with JSON. A test may have no backend. */
async function exportTrace(): Promise<void> {
  const attributes = Object.entries({
    'http.request.method': 'POST',
    'url.path': '/v1/orders',
    'url.scheme': 'http',
    'http.route': '/v1/orders',
  });
  const start = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: 'b7ad6b7169203331',
    name: 'POST /v1/orders',
    kind: 2,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 25_000_000n),
    attributes: [
      ...attributes.map(([key, value]) => ({ key, value: { stringValue: value } })),
      { key: 'http.response.status_code', value: { intValue: '201' } },
    ],
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${process.env['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces`, { method: 'POST', headers, body }).catch(() => undefined);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const route = `${request.method} ${request.url}`;
  const [status, body] = routes[route]?.() ?? [404, { code: 'not_found' }];
  if (request.url !== '/readyz') log(route, { trace_id: traceId, span_id: 'b7ad6b7169203331', status });
  response.writeHead(status, { 'content-type': 'application/json', 'x-trace-id': traceId }).end(JSON.stringify(body));
}

const server = createServer(answer).listen(Number(PORT), HOST, () => log(`started ${process.pid}`));
server.on('close', () => log('stopped'));
process.on('SIGTERM', () => {
  if (STUB === 'ignores-sigterm') return;
  log('draining');
  server.close();
  server.closeAllConnections();
});
if (STUB === 'ignores-sigterm') await delay(2 ** 31 - 1);
