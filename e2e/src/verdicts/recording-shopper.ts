import { setTimeout as delay } from 'node:timers/promises';
import { Shopper, type Answer, type Call } from '../shop/shopper.ts';

/** A request that was answered. All traces of one kind have the same number of spans. */
export interface RecordedRequest {
  readonly kind: 'login' | 'order' | 'poll';
  readonly traceId: string;
}

const TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** A shopper that records the trace of each request. */
export class RecordingShopper extends Shopper {
  readonly requests: RecordedRequest[] = [];

  /** Places an order and waits until it is fulfilled. */
  async buy(): Promise<void> {
    const end = performance.now() + TIMEOUT_MS;
    let { body: order } = await this.place('field-notebook');
    while (order.status === 'pending' && performance.now() < end) {
      await delay(POLL_MS);
      order = await this.order(order.id);
    }
    if (order.status !== 'fulfilled') throw new Error(`The order ${order.id} is ${order.status}, not fulfilled`);
  }

  override async call<Body>(method: string, path: string, call: Call = {}): Promise<Answer<Body>> {
    const answer = await super.call<Body>(method, path, call);
    if (answer.status >= 400) throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.requests.push({ kind: kindOf(method, path), traceId: answer.traceId });
    return answer;
  }
}

function kindOf(method: string, path: string): RecordedRequest['kind'] {
  if (method === 'GET') return 'poll';
  return path === '/v1/sessions' ? 'login' : 'order';
}
