import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { tracesFrom, type CompleteTrace } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { FULFILLED_ORDER } from '../src/scenarios/parts.ts';
import { Shopper } from '../src/shop/shopper.ts';
import { until } from '@waymark/service-kit/testing/until';
import { sendCopies } from './copies.ts';
import { compose, composeWith, docker, ROOT } from './docker.ts';
import { DURABLE } from './durable.ts';

const { GATEWAY_URL = '', TRACES_URL = '', COMPOSE_PROJECT = '', SHOP_LOGS = '' } = process.env;
const { JAEGER_PORT, OTLP_GRPC_PORT, OTLP_HTTP_PORT } = process.env;
const SERVICES = ['gateway', 'auth', 'order', 'inventory'];
const OTLP_URL = `http://127.0.0.1:${OTLP_HTTP_PORT}`;
const demo = new Shopper(GATEWAY_URL);

interface Container {
  Name: string;
  RestartCount: number;
  State: { OOMKilled: boolean };
  Config: { User: string };
  Mounts: { Type: string; Name?: string }[];
  HostConfig: { ReadonlyRootfs: boolean; CapDrop: string[]; SecurityOpt: string[]; Memory: number; PidsLimit: number };
}

async function containers(): Promise<Container[]> {
  const ids = (await compose('ps', '--all', '--quiet')).trim().split('\n');
  return JSON.parse(await docker(['inspect', ...ids])) as Container[];
}

async function orderAndReadTrace(): Promise<CompleteTrace> {
  const answer = await demo.place('desk-lamp');
  expect(answer.status).toBe(201);
  expect(await demo.ended(answer.body.id)).toMatchObject({ status: 'fulfilled' });
  return tracesFrom(TRACES_URL).of(answer, { timeoutMs: 20_000 });
}

async function search(limit: number): Promise<{ status: number; found: number }> {
  const response = await fetch(`${TRACES_URL}/api/traces?service=gateway&limit=${limit}`);
  const { data } = (await response.json()) as { data: unknown[] };
  return { status: response.status, found: data.length };
}

beforeAll(() => demo.logIn());

test('the first start logs no error', async () => {
  const log = await readFile(join(SHOP_LOGS, 'first-start.log'), 'utf8');
  expect(log).toContain('ready to accept connections');
  // pg_isready asks until Postgres is up, and Postgres logs each refusal.
  const lines = log.split('\n').filter((line) => !line.endsWith('FATAL:  the database system is starting up'));
  expect(lines.filter((line) => /\b(ERROR|FATAL|PANIC)\b/.test(line))).toEqual([]);
});

test('Jaeger reports no warnings about an order’s trace', async () => {
  const { traceId } = await orderAndReadTrace();
  const { data } = (await (await fetch(`${TRACES_URL}/api/traces/${traceId}`)).json()) as {
    data: { spans: { spanID: string; warnings?: string[] | null }[] }[];
  };
  const spans = data[0]?.spans ?? [];
  expect(spans.flatMap(({ warnings }) => warnings ?? [])).toEqual([]);
  expect(new Set(spans.map(({ spanID }) => spanID)).size).toBe(spans.length);
});

test('Jaeger has only traces of the shop, even after its API was used', async () => {
  const { data } = (await (await fetch(`${TRACES_URL}/api/services`)).json()) as { data: string[] };
  expect(data.toSorted()).toEqual(SERVICES.toSorted());
});

test('a fault that an order asks for is in its trace in Jaeger', async () => {
  const answer = await demo.place('desk-lamp', 1, undefined, { 'x-waymark-fault': 'job-fails-once' });
  const trace = await tracesFrom(TRACES_URL).of(answer, { timeoutMs: 30_000 });
  expect(trace).toHaveSpan(
    { name: 'process fulfil_order', status: 'ERROR', attributes: { 'waymark.fault': 'job-fails-once' } },
    { exactly: 1 },
  );
});

test('the Docker commands of the runbooks work', async () => {
  const folder = join(ROOT, 'docs/runbooks');
  const pages = await Promise.all((await readdir(folder)).map((page) => readFile(join(folder, page), 'utf8')));
  const commands = pages.flatMap((text) =>
    [...text.matchAll(/^```sh docker\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n')),
  );
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const [program, ...args] = command.replace('compose run', 'compose run --no-TTY').split(' ');
    expect({ command, program }).toEqual({ command, program: 'docker' });
    const output = await docker(args, { COMPOSE_PROJECT_NAME: COMPOSE_PROJECT, COMPOSE_FILE: join(ROOT, 'docker-compose.yml') });
    expect({ command, output }).toEqual({ command, output: expect.stringMatching(/\S/) });
  }
});

test('the page links to Jaeger at its configured port', async () => {
  expect(await (await fetch(`${GATEWAY_URL}/page-config.json`)).json()).toMatchObject({ traceUiUrl: `http://localhost:${JAEGER_PORT}` });
});

test('a service on the host can send spans as OTLP over gRPC and HTTP', async () => {
  const http = await fetch(`${OTLP_URL}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  expect(http.status).toBe(200);
  const client = connect(`http://127.0.0.1:${OTLP_GRPC_PORT}`);
  const call = client.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  // An empty message: not compressed, zero bytes.
  call.end(Buffer.alloc(5));
  call.resume();
  const [trailers] = (await once(call, 'trailers')) as [Record<string, string>];
  client.close();
  expect(trailers['grpc-status']).toBe('0');
});

test('a service can log in only to its own database', async () => {
  const script = `
    import pg from 'pg';
    const tried = {};
    for (const [user, database] of [['order', 'order'], ['order', 'inventory'], ['order', 'postgres'], ['inventory', 'inventory'], ['waymark', 'postgres'], ['waymark', 'order']]) {
      const client = new pg.Client({ host: 'postgres', user, database });
      client.on('error', () => undefined);
      tried[user + ' ' + database] = await client.connect().then(() => 'in', (error) => error.code);
      await client.end().catch(() => undefined);
    }
    process.stdout.write(JSON.stringify(tried));`;
  const inside = ['exec', '--no-TTY', '--workdir', '/waymark/packages/service-kit', 'order'];
  // 28000: pg_hba.conf does not allow it. 28P01: wrong password, because it is order's password.
  expect(JSON.parse(await compose(...inside, 'node', '--input-type=module', '--eval', script))).toEqual({
    'order order': 'in',
    'order inventory': '28000',
    'order postgres': '28000',
    'inventory inventory': '28P01',
    'waymark postgres': '28000',
    'waymark order': '28000',
  });
});

test('a changed password takes effect at the next `up` and the data stays', async () => {
  const { body } = await demo.place('field-notebook');
  await composeWith({ ORDER_DB_PASSWORD: 'another' }, 'up', '--detach', '--wait');
  expect(await demo.order(body.id)).toMatchObject({ id: body.id });
  await compose('up', '--detach', '--wait');
  expect(await demo.order(body.id)).toMatchObject({ id: body.id });
});

test('a second `up` changes nothing and the shop continues', async () => {
  const before = await compose('ps', '--all', '--quiet');
  await compose('up', '--detach', '--wait');
  expect(await compose('ps', '--all', '--quiet')).toBe(before);
  expect(await orderAndReadTrace()).toMatchTree(FULFILLED_ORDER);
});

test.each([...SERVICES, 'postgres', 'jaeger'])('after a restart of %s the shop works with its old data', async (service) => {
  const { body } = await demo.place('field-notebook');
  await compose('restart', service);
  await compose('up', '--detach', '--wait');
  // A keep-alive connection to the old container fails once.
  const status = (): Promise<string | undefined> =>
    demo.order(body.id).then(
      (order) => order.status,
      () => undefined,
    );
  await until(status, (now) => now === 'fulfilled', 'the order to be fulfilled');
  const next = await demo.place('field-notebook');
  expect(await demo.ended(next.body.id)).toMatchObject({ status: 'fulfilled' });
});

test('containers run with restricted privileges', async () => {
  for (const { Config, HostConfig } of await containers()) {
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] });
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Config.User).not.toMatch(/^(root|0)?$/);
  }
});

test('memory limits add up to 1.7 GB, nearly half of it for Jaeger', async () => {
  const limits = new Map((await containers()).map(({ Name, HostConfig }) => [Name.split('-').at(-2), HostConfig.Memory]));
  const total = [...limits.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect([...limits.values()].every((bytes) => bytes > 0)).toBe(true);
  expect(total).toBeLessThanOrEqual(1_750_000_000);
  expect(total - (limits.get('jaeger') ?? 0)).toBeLessThanOrEqual(1_000_000_000);
});

test('volumes belong to the project: `down --volumes` leaves none behind', async () => {
  const volumes = (await containers()).flatMap(({ Mounts }) => Mounts.flatMap(({ Type, Name }) => (Type === 'volume' ? [Name] : [])));
  expect(new Set(volumes)).toEqual(new Set([`${COMPOSE_PROJECT}_data`, `${COMPOSE_PROJECT}_socket`]));
});

test('a full Jaeger survives a search for two thousand orders', async () => {
  const { traceId } = await orderAndReadTrace();
  await sendCopies(traceId, 5_500, { jaeger: TRACES_URL, otlp: OTLP_URL });
  // Jaeger's UI requests at most 1,500.
  for (const limit of [1_000, 2_000]) expect(await search(limit)).toEqual({ status: 200, found: limit });
}, 300_000);

test('no container ran out of memory or was restarted', async () => {
  for (const { Name, RestartCount, State } of await containers()) {
    expect([Name, RestartCount, State.OOMKilled]).toEqual([Name, 0, false]);
  }
});

test('a stop right after requests loses no span', async () => {
  await compose(...DURABLE, 'up', '--detach', '--wait');
  const answers = await Promise.all(Array.from({ length: 20 }, () => demo.place('trail-map')));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  await compose(...DURABLE, 'stop');
  await compose(...DURABLE, 'up', '--detach', '--wait');
  for (const answer of answers) expect(await tracesFrom(TRACES_URL).of(answer, { timeoutMs: 60_000 })).toBeComplete();
});
