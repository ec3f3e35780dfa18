import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

export interface Exchange {
  request: string;
  status: number;
  ms: number;
  traceId: string | null;
}

/** The outcome of the order: its final state and trace, or why it was not placed. */
export type FirstOrder = { id: string; product: string; status: string; traceId: string; ms: number } | { refusal: string };

/** Logs in as the demo user and orders one of the first product in stock through the gateway. Resolves when the order is final, or after 15 s. */
export async function placeFirstOrder(gateway: string, onExchange: (exchange: Exchange) => void, signal: AbortSignal): Promise<FirstOrder> {
  const call = caller(gateway, onExchange, signal);
  const session = await call('POST', '/v1/sessions', {}, { email: 'demo@waymark.test', password: 'waymark' });
  const headers = { authorization: `Bearer ${String(session.body['token'])}` };
  const { body: products } = await call('GET', '/v1/products', headers);
  const product = (products['items'] as { sku: string; name: string; available: number }[]).find(({ available }) => available > 0);
  if (!product) return { refusal: 'Every product is out of stock, so no order was placed. Start with --reset to restock.' };

  const begun = performance.now();
  const placed = await call(
    'POST',
    '/v1/orders',
    { ...headers, 'idempotency-key': randomUUID() },
    { lines: [{ sku: product.sku, quantity: 1 }] },
  );
  const id = String(placed.body['id']);
  let { status } = placed.body;
  const quietly = caller(gateway, () => {}, signal);
  while (status === 'pending' && performance.now() - begun < PATIENCE_MS) {
    await delay(POLL_MS, undefined, { signal });
    ({ status } = (await quietly('GET', `/v1/orders/${id}`, headers)).body);
  }
  return { id, product: product.name, status: String(status), traceId: placed.traceId ?? '', ms: performance.now() - begun };
}

type Body = Record<string, unknown>;

/** The gateway answered with a status other than 2xx. */
export class GatewayError extends Error {
  override name = 'GatewayError';
  readonly traceId: string | null;

  constructor(message: string, traceId: string | null) {
    super(message);
    this.traceId = traceId;
  }
}

/** A client of the gateway. For a status other than 2xx it throws a GatewayError with the problem. */
function caller(gateway: string, onExchange: (exchange: Exchange) => void, signal: AbortSignal) {
  return async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Body,
  ): Promise<{ body: Body; traceId: string | null }> => {
    const begun = performance.now();
    const answer = await fetch(gateway + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const text = await answer.text();
    const traceId = answer.headers.get('x-trace-id');
    onExchange({ request: `${method} ${path}`, status: answer.status, ms: performance.now() - begun, traceId });
    if (!answer.ok) throw new GatewayError(`${method} ${path} failed with ${answer.status} ${problemIn(text)}`, traceId);
    return { body: JSON.parse(text) as Body, traceId };
  };
}

/** Returns the code and detail of a problem, or the body itself if it is not one. */
function problemIn(body: string): string {
  try {
    const { code, detail } = JSON.parse(body) as { code?: string; detail?: string };
    return code && detail ? `${code}: ${detail}` : body;
  } catch {
    return body;
  }
}
