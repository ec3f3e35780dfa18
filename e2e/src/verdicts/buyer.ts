import { setTimeout as delay } from 'node:timers/promises';

/** A request that was answered, and its trace. Those of one kind have traces of one size. */
export interface Request {
  readonly kind: 'login' | 'order' | 'poll';
  readonly traceId: string;
}

const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/** Somebody who buys notebooks, one after the other, and notes the trace of every request. */
export class Buyer {
  readonly #gateway: string;
  readonly #made: Request[];
  #token = '';

  constructor(gateway: string, made: Request[]) {
    this.#gateway = gateway;
    this.#made = made;
  }

  async logIn(): Promise<void> {
    const { token } = (await this.#call('login', 'POST', '/v1/sessions', { email: 'demo@waymark.test', password: 'waymark' })) as {
      token: string;
    };
    this.#token = token;
  }

  /** Places an order, and waits until it is fulfilled. */
  async buy(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    const lines = [{ sku: 'field-notebook', quantity: 1 }];
    let order = (await this.#call('order', 'POST', '/v1/orders', { lines })) as { id: string; status: string };
    while (order.status === 'pending' && performance.now() < end) {
      await delay(POLL_MS);
      order = (await this.#call('poll', 'GET', `/v1/orders/${order.id}`)) as typeof order;
    }
    if (order.status !== 'fulfilled') throw new Error(`The order ${order.id} is ${order.status}, not fulfilled`);
  }

  async #call(kind: Request['kind'], method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#gateway + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
        ...(this.#token && { authorization: `Bearer ${this.#token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${await answer.text()}`);
    this.#made.push({ kind, traceId: answer.headers.get('x-trace-id') ?? '' });
    return answer.json();
  }
}
