import { randomUUID } from 'node:crypto';
import type { Order, Product } from '@waymark/contracts';
import { until } from '@waymark/service-kit/testing/until';

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
  traceId: string;
}

export interface Call {
  headers?: Record<string, string>;
  json?: unknown;
  /** A body that is not JSON. */
  raw?: string;
}

/** A client of the gateway. */
export class Shopper {
  /** The session token, after the login. */
  token: string | undefined;
  private readonly gateway: string;

  constructor(gateway: string) {
    this.gateway = gateway;
  }

  /** Sends a request. Throws if the response does not name its trace. */
  async call<Body>(method: string, path: string, { headers = {}, json, raw }: Call = {}): Promise<Answer<Body>> {
    const response = await fetch(this.gateway + path, {
      method,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      body: raw ?? (json === undefined ? null : JSON.stringify(json)),
    });
    const text = await response.text();
    const traceId = response.headers.get('x-trace-id');
    if (!traceId) throw new Error(`${method} ${path} ${response.status} has no x-trace-id`);
    return { status: response.status, headers: response.headers, body: (text.startsWith('{') ? JSON.parse(text) : text) as Body, traceId };
  }

  /** Logs in as a user of the demo data. Throws if that is refused. */
  async logIn(email = 'demo@waymark.test'): Promise<Answer<{ token: string }>> {
    const answer = await this.tryToLogIn(email, 'waymark');
    if (answer.status !== 201) throw new Error(`POST /v1/sessions ${answer.status} as ${email}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async tryToLogIn(email: string, password: string): Promise<Answer<{ token: string }>> {
    const answer = await this.call<{ token: string }>('POST', '/v1/sessions', { json: { email, password } });
    this.token = answer.body.token;
    return answer;
  }

  async place(sku: string, quantity = 1, key: string = randomUUID(), headers: Record<string, string> = {}): Promise<Answer<Order>> {
    return this.call('POST', '/v1/orders', { json: { lines: [{ sku, quantity }] }, headers: { 'idempotency-key': key, ...headers } });
  }

  async order(id: string): Promise<Order> {
    return (await this.call<Order>('GET', `/v1/orders/${id}`)).body;
  }

  async available(sku: string): Promise<number> {
    return (await this.call<Product>('GET', `/v1/products/${sku}`)).body.available;
  }

  /** Waits until the order is no longer pending, and returns it. */
  async ended(id: string): Promise<Order> {
    return until(
      () => this.order(id),
      ({ status }) => status !== 'pending',
      `order ${id} to end`,
    );
  }
}
