// `pnpm scale` measures what an order costs: the inputs of docs/scale.md.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { cpus } from 'node:os';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Trace } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import type { ServiceName } from '@waymark/local-stack';
import { settle, SKU } from '../attack/books.ts';
import { startAttackedShop, type AttackedShop } from '../attack/shop.ts';
import { readArguments, say, wholeNumber } from '../command-line.ts';
import { countOf, query } from '../src/shop/query.ts';
import { cpuMs } from './usage.ts';

const HELP = `Usage: pnpm scale [--orders <number>]

Starts a shop, places orders, 16 at once, and prints what one order costs: CPU time of each service and of Postgres,
transactions, bytes in the databases and in the log of Postgres, spans and their bytes, and for how long the row of a
product is locked. docs/scale.md calculates with these. It needs Linux and no Docker.

  --orders <number>  how many orders (default: 2000)
  -h, --help         shows this help
`;

const NAMES: readonly ServiceName[] = ['gateway', 'auth', 'order', 'inventory'];
const OWNERS = ['auth', 'inventory', 'order'] as const;
const AT_ONCE = 16;
const WARM_UP = 300;
const TRACES = 50;

function read(): { orders: number } | 'help' {
  const { values } = parseArgs({ options: { orders: { type: 'string', default: '2000' }, help: { type: 'boolean', short: 'h' } } });
  return values.help ? 'help' : { orders: wholeNumber('--orders', values.orders, 1_000_000) };
}

/** Passes spans on and counts their bytes. */
async function countingProxy(target: () => string): Promise<AsyncDisposable & { url: string; bytes: () => number }> {
  let bytes = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      bytes += body.length;
      const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
      const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
      const answer = await fetch(target() + (request.url ?? ''), { method: 'POST', headers, body });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Figures = Record<string, number>;

async function figures({ shop, postgres, store }: AttackedShop, exported: number): Promise<Figures> {
  const cpu = await Promise.all(NAMES.map(async (name) => [`CPU ms, ${name}`, await cpuMs(shop.pid(name) ?? 0)] as const));
  const sizes = await Promise.all(
    OWNERS.map((name) => countOf(shop.databases[name], 'select pg_database_size(current_database())::float8 as count')),
  );
  const [server] = await query<{ wal: number; commits: number }>(
    postgres.url,
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as wal, sum(xact_commit)::float8 as commits from pg_stat_database where datname = any($1) group by 1`,
    [OWNERS],
  );
  return {
    ...Object.fromEntries(cpu),
    'CPU ms, Postgres': await cpuMs(postgres.child.pid ?? 0),
    'transactions of Postgres': server?.commits ?? 0,
    'bytes in the databases': sizes.reduce((sum, size) => sum + size, 0),
    'bytes in the log of Postgres': server?.wal ?? 0,
    spans: store.stats().receivedSpans,
    'bytes of spans, as exported': exported,
  };
}

async function placeOrders({ buyer }: AttackedShop, count: number): Promise<string[]> {
  const traceIds: string[] = [];
  let left = count;
  const customer = async (): Promise<void> => {
    while (left-- > 0) {
      const { status, traceId } = await buyer.order(SKU);
      if (status === 201) traceIds.push(traceId);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, customer));
  return traceIds;
}

/** How long the row of a product is locked for an order: from the update until its transaction has ended. */
function lockedMs({ spans }: Trace): number | undefined {
  const reserved = spans.find(({ service, name, kind }) => service === 'inventory' && kind === 'SERVER' && name === 'POST /reservations');
  const below = spans.filter(({ parentSpanId }) => parentSpanId === reserved?.spanId);
  const update = below.find(({ name }) => name === 'UPDATE products');
  const commit = below.find(({ name }) => name === 'COMMIT');
  return update && commit && Number(commit.end - update.end) / 1e6;
}

function wholeMs({ spans }: Trace): number {
  const last = spans.map(({ end }) => end).reduce((a, b) => (a > b ? a : b));
  return Number(last - (spans[0]?.start ?? last)) / 1e6;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const print = (what: string, value: number): void => void process.stdout.write(`${what.padEnd(44)}${value.toPrecision(3).padStart(10)}\n`);

async function run({ orders }: { orders: number }): Promise<void> {
  await using undo = new AsyncDisposableStack();
  let target = '';
  const proxy = undo.use(await countingProxy(() => target));
  const attacked = undo.use(await startAttackedShop({ env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url } } }));
  target = attacked.store.otlpUrl;
  await placeOrders(attacked, WARM_UP);
  await settle(attacked.shop);
  await exportsEnd(proxy.bytes);
  say('warm');
  const before = await figures(attacked, proxy.bytes());
  const begun = performance.now();
  const traceIds = await placeOrders(attacked, orders);
  const seconds = (performance.now() - begun) / 1_000;
  await settle(attacked.shop);
  const settled = (performance.now() - begun) / 1_000;
  await exportsEnd(proxy.bytes);
  const after = await figures(attacked, proxy.bytes());
  const count = traceIds.length;
  const traces = tracesFrom(attacked.store.url);
  const examples = await Promise.all(traceIds.slice(-TRACES).map((id) => traces.of(id, { timeoutMs: 30_000 })));
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}\n\n`);
  print('orders', count);
  print('orders not accepted', orders - count);
  print('orders accepted per second', count / seconds);
  print('orders fulfilled per second', count / settled);
  print('requests at once', AT_ONCE);
  process.stdout.write('\nper order:\n');
  for (const [what, value] of Object.entries(after)) print(what, (value - (before[what] ?? 0)) / count);
  process.stdout.write('\n');
  print('spans in the trace of an order, median', median(examples.map(({ spans }) => spans.length)));
  print('ms from the first span to the last, median', median(examples.map(wholeMs)));
  print("ms that a product's row is locked, median", median(examples.map((trace) => lockedMs(trace) ?? 0)));
}

/** Exporters wait up to 5 s for more spans. */
async function exportsEnd(bytes: () => number): Promise<void> {
  for (let [seen, quiet] = [-1, 0]; quiet < 7; await delay(1_000)) {
    quiet = bytes() === seen ? quiet + 1 : 0;
    seen = bytes();
  }
}

const wish = readArguments(HELP, read);
if (wish) await run(wish);
