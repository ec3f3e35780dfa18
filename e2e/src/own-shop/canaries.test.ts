import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startShop, type ServiceName, type Shop } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing/until';
import { startTraceStore } from '@waymark/trace-store';
import { allTraces } from '../shop/all-traces.ts';
import { query } from '../shop/query.ts';
import { Shopper, type Answer, type Call } from '../shop/shopper.ts';

/** Values that callers send, and that must be found nowhere. */
const CANARIES = {
  password: 'canary-password-7c1f',
  email: 'canary.person@mail.test',
  token: 'canaryTokenCanaryTokenCanaryTokenCanaryToke',
  card: '4012888888881881',
  'card with spaces': '4012 8888 8888 1881',
  header: 'canary-header-90ab',
  query: 'canary-query-55de',
  baggage: 'canary-baggage-12ff',
  field: 'canary-field-e0e0',
};
/** A caller chooses it, and the order service must remember it. */
const KEY = 'canary-key-b1b1';

const HEADERS = {
  cookie: `session=${CANARIES.header}`,
  referer: `http://shop.test/?card=${CANARIES.card}`,
  'x-api-key': CANARIES.header,
  'x-forwarded-for': CANARIES.header,
  'x-user-id': CANARIES.header,
  'x-card': CANARIES['card with spaces'],
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: `vendor=${CANARIES.header}`,
  baggage: `waymark.traffic=test,user=${CANARIES.baggage},card=${CANARIES.card},waymark.other=${CANARIES.baggage}`,
};

let shop: Shop;
let store: Awaited<ReturnType<typeof startTraceStore>>;
let demo: Shopper;
const undo = new AsyncDisposableStack();
const logs: string[] = [];
const problems: string[] = [];
/** What the services sent to inventory. */
const toInventory: Buffer[] = [];

beforeAll(async () => {
  store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0 }), (one) => one.close());
  const INVENTORY_URL = await recordedInventory();
  shop = undo.use(
    await startShop({
      env: {
        all: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100', LOG_LEVEL: 'debug' },
        gateway: { INVENTORY_URL },
        order: { INVENTORY_URL, JOB_MAX_ATTEMPTS: '1' },
      },
      onLine: (_service: ServiceName, line: string) => void logs.push(line),
      onRestart: () => undefined,
    }),
  );
  demo = new Shopper(shop.urls.gateway);
  await demo.logIn();
  await plantEverywhere();
}, 120_000);
afterAll(() => undo.disposeAsync());

/** Passes connections on to inventory and keeps what the services sent. */
async function recordedInventory(): Promise<string> {
  const server = createServer((near) => {
    const { port, hostname } = new URL(shop.urls.inventory);
    const far = connect(Number(port), hostname);
    near.on('data', (bytes) => toInventory.push(bytes)).on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.defer(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(by: Shopper, method: string, path: string, call: Call = {}): Promise<Answer> {
  const answer = await by.call(method, path, { ...call, headers: { ...HEADERS, ...call.headers } });
  if (answer.status >= 400) problems.push(JSON.stringify(answer.body));
  return answer;
}

async function plantEverywhere(): Promise<void> {
  const stranger = new Shopper(shop.urls.gateway);
  const json = { email: CANARIES.email, password: CANARIES.password };
  const plant = async (): Promise<void> => {
    await ask(stranger, 'POST', '/v1/sessions', { json });
    await ask(stranger, 'POST', '/v1/sessions', { json: { ...json, email: 'demo@waymark.test' } });
    for (const token of [CANARIES.token, CANARIES.header])
      await ask(stranger, 'GET', '/v1/orders', { headers: { authorization: `Bearer ${token}` } });
    const note = { name: CANARIES.field, card: CANARIES.card };
    for (const sku of ['desk-lamp', 'lost-postcard', 'grand-piano']) {
      const lines = [{ sku, quantity: 1, ...note }];
      await ask(demo, 'POST', '/v1/orders', { json: { lines, ...note }, headers: { 'idempotency-key': `${KEY}-${randomUUID()}` } });
    }
  };
  await plant();
  const body = { headers: { 'content-type': 'application/json' } };
  await ask(stranger, 'POST', '/v1/sessions', { ...body, raw: `{"email":"${CANARIES.email}","password":"${CANARIES.password}` });
  await ask(stranger, 'POST', '/v1/sessions', { ...body, raw: `{"password":"x",${CANARIES.password}}` });
  await ask(stranger, 'POST', '/v1/sessions', { ...body, raw: CANARIES.password });
  await ask(stranger, 'POST', '/v1/sessions', { json: { email: CANARIES.card, password: [CANARIES.password] } });
  await ask(stranger, 'POST', '/v1/sessions', { json: { [CANARIES.field]: CANARIES.card } });
  await ask(demo, 'GET', `/v1/orders?limit=${CANARIES.query}&card=${CANARIES.card}`);
  await ask(stranger, 'GET', `/v1/products?token=${CANARIES.token}&email=${CANARIES.email}&q=${CANARIES.query}`);
  await ask(demo, 'GET', `/v1/nothing?password=${CANARIES.password}`);
  for (const request of ['BREW /v1/orders', 'GET http://[::1'])
    await sendRaw(`${request}?q=${CANARIES.query} HTTP/1.1\r\nhost: x\r\nx-card: ${CANARIES.card}\r\n\r\n`);
  await sendRaw(`POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\nauthorization: Bearer ${CANARIES.token}\r\n\r\n`);

  // Errors of databases and of other services tend to repeat what they were given.
  shop.postgres?.child.kill('SIGKILL');
  await plant();
  await until(
    () => demo.call('GET', '/v1/orders'),
    ({ status }) => status === 200,
    'the database to be back',
  );
  await shop.kill('inventory', 'SIGKILL');
  await plant();
  await shop.restart('inventory');
  await until(
    () => query(shop.databases.order, 'select from dead_letters'),
    ({ length }) => length > 0,
    'a dead letter',
  );
}

async function sendRaw(bytes: string): Promise<void> {
  const { port, hostname } = new URL(shop.urls.gateway);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  problems.push((await text(socket)).split('\r\n\r\n')[1] ?? '');
}

/** The text of all rows of all databases, with the name of their table. */
async function rows(): Promise<string[]> {
  const all: string[] = [];
  for (const url of Object.values(shop.databases)) {
    const tables = await query<{ name: string }>(
      url,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      for (const { row } of await query<{ row: string }>(url, `select t::text as row from ${name} t`)) all.push(`${name}: ${row}`);
    }
  }
  return all;
}

const withSession = (): Record<string, string> => ({
  ...CANARIES,
  'session token': demo.token ?? '',
  'real address': 'demo@waymark.test',
});

/** The names of the canaries in the texts, each with the text around it. */
function foundIn(texts: readonly string[], planted = withSession()): string[] {
  return texts.flatMap((one) =>
    Object.entries(planted).flatMap(([name, canary]) => {
      const at = one.indexOf(canary);
      return at < 0 ? [] : [`${name}: ${one.slice(Math.max(0, at - 120), at + 80)}`];
    }),
  );
}

async function spans(): Promise<string[]> {
  const traces = await allTraces(store.url);
  return traces
    .flatMap((trace) => trace.spans)
    .map((span) => JSON.stringify(span, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}

test('no span contains a canary', async () => {
  const all = await until(spans, ({ length }) => length > 200, 'the spans to arrive');
  expect(foundIn(all, { ...withSession(), key: KEY })).toEqual([]);
});

test('no log line contains a canary, nor does the log of Postgres', () => {
  expect(logs.length).toBeGreaterThan(30);
  expect(foundIn([...logs, ...(shop.postgres?.child.lines() ?? [])], { ...withSession(), key: KEY })).toEqual([]);
});

test('no row contains a canary: no job, dead letter, session or audit entry', async () => {
  const all = await rows();
  const tables = new Set(all.map((row) => row.split(':')[0]));
  for (const table of ['public.dead_letters', 'public.audit_trail', 'public.sessions', 'public.placements'])
    expect(tables).toContain(table);
  expect(foundIn(all.filter((row) => !row.startsWith('public.users:')))).toEqual([]);
  // The key is how a repeated request is recognized.
  expect(new Set(foundIn(all, { key: KEY }).map((found) => /public\.\w+/.exec(found)?.[0]))).toEqual(new Set(['public.placements']));
});

test('no error answer repeats a canary', () => {
  expect(problems.length).toBeGreaterThan(20);
  expect(foundIn(problems, { ...withSession(), key: KEY })).toEqual([]);
});

test('no canary is passed on to another service, also not as baggage', () => {
  const sent = Buffer.concat(toInventory).toString('latin1');
  expect(sent).toContain('baggage: waymark.traffic=test\r\n');
  expect(foundIn([sent], { ...withSession(), key: KEY })).toEqual([]);
});
