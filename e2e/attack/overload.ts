import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Attack } from './attack.ts';
import { heldReservations, orders, settle, SKU } from './books.ts';
import { acknowledged, Buyer, load, saturate, statuses, type Outcome } from './load.ts';
import { startAttackedShop, wait } from './shop.ts';

export const tinyTimeouts: Attack = {
  what: 'a caller allows 6 ms for each order (x-timeout-ms)',
  before: '7 requests held all 50 bells for 15 minutes, with 0 orders',
  async run() {
    await using attacked = await startAttackedShop();
    const { shop, buyer } = attacked;
    const outcomes = await Promise.all(Array.from({ length: 7 }, () => buyer.order('brass-bell', 7, { 'x-timeout-ms': '6' })));
    await settle(shop);
    const held = await heldReservations(shop);
    const made = acknowledged(outcomes).length;
    return { now: `${made} orders made, ${held} reservations without one`, held: held === 0 && made === 7 };
  },
};

const list = (values: readonly number[]): string => values.map((value) => Math.round(value)).join(', ');

/** How long a caller waits for an answer. */
const PATIENCE_MS = 5_000;

export const overload: Attack = {
  what: 'orders at 1, 3 and 10 times the capacity, from callers that wait 5 s',
  before:
    'answered in time: 100, 103 and 53 per second; placed for callers that had gone, in 20 s: up to 6,132; fulfilled: 31 of 181 per second',
  async run({ quick, say }) {
    await using attacked = await startAttackedShop();
    const { shop } = attacked;
    await using buyer = new Buyer(shop.urls.gateway, { timeoutMs: PATIENCE_MS });
    await buyer.logIn();
    const seconds = quick ? 6 : 20;
    const order = (): Promise<Outcome> => buyer.order(SKU);
    await saturate(32, 5, order);
    const capacity = await saturate(32, seconds, order);
    say(`capacity: ${Math.round(capacity)} orders per second`);
    const rows = [];
    for (const times of [1, 3, 10]) {
      await settle(shop);
      const made = (await orders(shop)).length;
      const outcomes = await load(capacity * times, seconds, order);
      const after = await orders(shop);
      const pending = after.filter(({ status }) => status === 'pending').length;
      const good = acknowledged(outcomes).length;
      say(`${times} × capacity: ${statuses(outcomes)}`);
      rows.push({ goodput: good / seconds, nobody: after.length - made - good, fulfilled: (after.length - made - pending) / seconds });
    }
    const goodputs = rows.map(({ goodput }) => goodput);
    const peak = Math.max(capacity, ...goodputs);
    const last = rows.at(-1);
    const ratio = (last?.goodput ?? 0) / peak;
    const keepsUp = rows.every(({ goodput, fulfilled }) => fulfilled >= 0.5 * goodput);
    return {
      now:
        `answered in time: ${list(goodputs)} per second (${ratio.toFixed(2)} of the peak); ` +
        `placed for callers that had gone: ${list(rows.map(({ nobody }) => nobody))}; fulfilled: ${list(rows.map(({ fulfilled }) => fulfilled))} per second`,
      held: ratio >= 0.8 && keepsUp,
    };
  },
};

/** A stub of inventory that answers every reservation in the same way and counts them. */
async function fakeInventory(status: 502 | 503 | 'reset'): Promise<AsyncDisposable & { url: string; calls(): number }> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    if (status === 'reset') request.socket.resetAndDestroy();
    else response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, calls: () => calls, [Symbol.asyncDispose]: async () => server.close().closeAllConnections() };
}

export const repeatedCalls: Attack = {
  what: 'inventory answers 502, 503, or resets: calls for one order',
  before: '9 calls within 150 ms',
  async run() {
    const counts: number[] = [];
    for (const status of [502, 503, 'reset'] as const) {
      await using fake = await fakeInventory(status);
      await using attacked = await startAttackedShop({ env: { order: { INVENTORY_URL: fake.url } } });
      await attacked.buyer.order(SKU);
      counts.push(fake.calls());
    }
    return { now: `${counts.join(', ')} calls within 2 s`, held: counts.every((count) => count >= 1 && count <= 3) };
  },
};

/** Another local address: on Linux every address in 127.0.0.0/8 works. */
const ELSEWHERE = '127.0.0.2';

export const guessing: Attack = {
  what: '40, then 300 log-ins per second with wrong passwords from one address',
  before: 'valid log-ins from other addresses that succeed: 14 of 24, then 2 of 24',
  async run({ quick, say }) {
    const worked: string[] = [];
    let guesses = 0;
    for (const perSecond of [40, 300]) {
      await using attacked = await startAttackedShop();
      await using elsewhere = new Buyer(attacked.shop.urls.gateway, { address: ELSEWHERE, timeoutMs: 10_000 });
      await elsewhere.logIn();
      await using guesser = new Buyer(attacked.shop.urls.gateway);
      const attack = load(perSecond, quick ? 6 : 12, (at) => guesser.logIn('demo@waymark.test', `wrong ${at}`));
      await wait(0.5);
      const right = await load(2, quick ? 5 : 11, () => elsewhere.logIn());
      say(`${perSecond} per second: valid log-ins: ${statuses(right)}`);
      guesses = Math.max(guesses, (await attack).filter(({ status }) => status === 401).length);
      worked.push(`${right.filter(({ status }) => status === 201).length} of ${right.length}`);
    }
    const held = worked.every((part) => part.split(' of ')[0] === part.split(' of ')[1]);
    return { now: `${worked.join(', then ')}; guesses that were checked: ${guesses}`, held: held && guesses <= 100 };
  },
};

/** Opens connections that send nothing, or never finish their request. */
async function occupy(url: string, count: number): Promise<AsyncDisposable> {
  const { port, hostname } = new URL(url);
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at++) {
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    if (at % 2) socket.write('GET / HTTP/1.1\r\nx-slow: ');
    sockets.push(socket);
    if (at % 100 === 99) await wait(0.02);
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const connections: Attack = {
  what: 'one address opens 2,000 silent or slow connections',
  before: 'other callers get ECONNRESET; the rate limit does not cover /healthz',
  async run() {
    await using attacked = await startAttackedShop({ env: { gateway: { RATE_LIMIT_PER_SECOND: '500', CONNECTIONS_PER_ADDRESS: '500' } } });
    const { gateway } = attacked.shop.urls;
    await using elsewhere = new Buyer(gateway, { address: ELSEWHERE });
    await elsewhere.logIn();
    await using occupied = await occupy(gateway, 2_000);
    const outcomes = await load(20, 5, () => elsewhere.order(SKU));
    await occupied[Symbol.asyncDispose]();
    await using prober = new Buyer(gateway, { address: '127.0.0.3' });
    const probes = await Promise.all(Array.from({ length: 1_500 }, () => prober.get('/healthz')));
    const limited = probes.filter(({ status }) => status === 429).length;
    return {
      now: `others: ${statuses(outcomes)}; probes over the rate limit: ${limited} of ${probes.length}`,
      held: outcomes.every(({ status }) => status === 201) && limited > 0,
    };
  },
};

async function rawRequest(url: string, head: string): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`${head}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

export const badTarget: Attack = {
  what: 'the invalid request GET http://[::1 HTTP/1.1 to each service',
  before: 'a plain-text 500 without a trace id, and nothing in the log',
  async run() {
    await using attacked = await startAttackedShop();
    const answers = await Promise.all(Object.values(attacked.shop.urls).map((url) => rawRequest(url, 'GET http://[::1 HTTP/1.1')));
    const good = answers.filter(
      (text) => text.startsWith('HTTP/1.1 400') && /x-trace-id: [0-9a-f]{32}/.test(text) && text.includes('application/problem+json'),
    );
    return {
      now: `${good.length} of ${answers.length} services: 400 with a problem document and a trace id`,
      held: good.length === answers.length,
    };
  },
};

export const insider: Attack = {
  what: 'somebody inside the network calls the internal services',
  before: 'answered as if the gateway had called',
  async run() {
    await using attacked = await startAttackedShop();
    const { order, auth, inventory } = attacked.shop.urls;
    const json = { 'content-type': 'application/json' };
    const user = { 'x-user-id': '00000000-0000-4000-8000-000000000000' };
    const answers = await Promise.all([
      fetch(`${order}/orders`, { headers: user }),
      fetch(`${auth}/introspections`, { method: 'POST', headers: json, body: '{"token":"x"}' }),
      fetch(`${inventory}/reservations`, {
        method: 'POST',
        headers: json,
        body: `{"orderId":"${user['x-user-id']}","lines":[{"sku":"${SKU}","quantity":9}]}`,
      }),
    ]);
    const statusesOf = answers.map(({ status }) => status);
    return { now: `rejected with ${statusesOf.join(', ')}`, held: statusesOf.every((status) => status === 401) };
  },
};
