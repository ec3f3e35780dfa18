import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request, type Dispatcher } from 'undici';

const TICK_MS = 10;

/** The outcome of one request. */
export interface Outcome {
  /** 0 if there was no answer. */
  status: number;
  /** Why there was no answer. */
  error?: string;
  /** The code of its problem document, if it has one. */
  code?: string;
  ms: number;
  traceId: string;
  /** The order's id, if one was acknowledged. */
  orderId: string | undefined;
  retryAfter: boolean;
}

/** A client that places orders from its own address and waits a limited time for answers. */
export class Buyer implements AsyncDisposable {
  readonly #gateway: string;
  readonly #timeoutMs: number;
  readonly #agent: Agent;
  #token = '';

  /** @param address the local address to call from; on Linux every address in 127.0.0.0/8 works */
  constructor(gateway: string, { timeoutMs = 30_000, address = '127.0.0.1' }: { timeoutMs?: number; address?: string } = {}) {
    this.#gateway = gateway;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({ connections: 400, localAddress: address });
  }

  async logIn(email = 'demo@waymark.test', password = 'waymark'): Promise<Outcome> {
    const { outcome, body } = await this.#send('POST', '/v1/sessions', { email, password });
    if (outcome.status === 201) this.#token = (JSON.parse(body) as { token: string }).token;
    return outcome;
  }

  async order(sku: string, quantity = 1, headers: Record<string, string> = {}): Promise<Outcome> {
    const { outcome, body } = await this.#send(
      'POST',
      '/v1/orders',
      { lines: [{ sku, quantity }] },
      { 'idempotency-key': randomUUID(), ...headers },
    );
    return outcome.status === 201 ? { ...outcome, orderId: (JSON.parse(body) as { id: string }).id } : outcome;
  }

  async get(path: string): Promise<Outcome> {
    return (await this.#send('GET', path)).outcome;
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    json?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ outcome: Outcome; body: string }> {
    const begun = performance.now();
    try {
      const answer = await request(this.#gateway + path, {
        method,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(this.#timeoutMs),
        headers: {
          ...headers,
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        },
        body: json === undefined ? null : JSON.stringify(json),
      });
      const body = await answer.body.text();
      const outcome: Outcome = {
        status: answer.statusCode,
        ms: performance.now() - begun,
        traceId: String(answer.headers['x-trace-id'] ?? ''),
        orderId: undefined,
        retryAfter: answer.headers['retry-after'] !== undefined,
        ...(String(answer.headers['content-type']).startsWith('application/problem+json') && {
          code: (JSON.parse(body) as { code: string }).code,
        }),
      };
      return { outcome, body };
    } catch (error) {
      const { name, code } = error as Error & { code?: unknown };
      return {
        outcome: {
          status: 0,
          error: typeof code === 'string' ? code : name,
          ms: performance.now() - begun,
          traceId: '',
          orderId: undefined,
          retryAfter: false,
        },
        body: '',
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/**
 * Sends requests at a fixed rate that does not depend on the answers, like many independent users.
 * @param perSecond how many requests start per second
 * @param until the number of seconds, or a signal that ends the load
 * @returns what `send` made of each request, when the last has ended
 */
export async function load<T>(perSecond: number, until: number | AbortSignal, send: (at: number) => Promise<T>): Promise<T[]> {
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1_000;
  const isOver = (): boolean => (typeof until === 'number' ? seconds() >= until : until.aborted);
  const sent: Promise<T>[] = [];
  while (!isOver()) {
    const due = seconds() * perSecond;
    while (sent.length < due) sent.push(send(sent.length));
    await delay(TICK_MS);
  }
  return Promise.all(sent);
}

/** Keeps `atOnce` requests in progress for some seconds, and returns how many per second the shop can answer. */
export async function saturate(atOnce: number, seconds: number, send: () => Promise<Outcome>): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let answered = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) if ((await send()).status === 201) answered += 1;
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return answered / seconds;
}

/** Counts the outcomes by status, most frequent first: `201 × 40, 503 overloaded × 2, ECONNRESET × 1`. */
export function statuses(outcomes: readonly Outcome[]): string {
  const groups = Map.groupBy(outcomes, ({ status, error, code }) => error ?? (code ? `${status} ${code}` : status));
  const parts = [...groups].toSorted(([, a], [, b]) => b.length - a.length);
  return parts.map(([status, { length }]) => `${status} × ${length}`).join(', ');
}

export const acknowledged = (outcomes: readonly Outcome[]): string[] => outcomes.flatMap(({ orderId }) => orderId ?? []);
export const slowest = (outcomes: readonly Outcome[]): number => Math.max(0, ...outcomes.map(({ ms }) => ms));
export const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
