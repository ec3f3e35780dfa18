import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { commandLine } from './command-line.ts';
import { freePort } from './free-port.ts';
import { childrenOf, gone, runProgram, runs } from './testing/processes.ts';
import { stubWorkspace } from './testing/stub-workspace.ts';
import { forTest } from './testing/for-test.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const ONE_MINUTE = 60_000;

/** Returns the environment of the stub at `url`. */
const stubAt = async (url: string) => (await (await fetch(`${url}/env`)).json()) as Record<string, string>;
const traceStoreOf = (launcher: number) => childrenOf(launcher).find((pid) => commandLine(pid)?.includes('trace-store')) ?? 0;

/** Runs `pnpm start` in a workspace of stubs. */
const start = (root: string, { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {}) =>
  runProgram('command-program', [root, ...args], { env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: '', ...env } });

test(
  'shows one order with its trace, then the logs, until Ctrl-C stops everything',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { args: ['--port', String(await freePort())] }));
    const shown = await shop.said('Stop ');
    expect(shown).toMatch(/ok postgres +\d+\.\d s {2}18/);
    expect(shown).toMatch(new RegExp(`POST /v1/orders +201 +\\d+ ms {2}x-trace-id ${traceId}`));
    expect(shown).toContain('The order of one Lamp is fulfilled');
    expect(shown).toMatch(/gateway +POST \/v1\/orders 201 +█+ +25\.0 ms/);
    expect(shown).toContain('complete: 1 span, 1 service, 1 root, no findings');
    const [, traceUi = ''] = /Traces +(\S+)\/search/.exec(shown) ?? [];
    expect(shown).toContain(`${traceUi}/trace/${traceId}`);
    expect((await fetch(`${traceUi}/api/v3/traces/${traceId}`)).status).toBe(200);

    const children = childrenOf(shop.process.pid);
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
    expect(children.filter(runs)).toEqual([]);
    expect(children).toHaveLength(7);
  },
  ONE_MINUTE,
);

test(
  'a second start names the process that uses the checkout, and a start after a crash works',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const first = forTest(start(workspace.root));
    await first.said('Stop ');
    const second = forTest(start(workspace.root));
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`process ${first.process.pid} uses`);

    const children = childrenOf(first.process.pid);
    first.process.kill('SIGKILL');
    const third = forTest(start(workspace.root, { args: ['--reset'] }));
    await third.said('Stop ');
    await gone(children);
    third.process.kill('SIGTERM');
    expect(await third.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  'restarts a killed service or Postgres at the same address, and the traces stay',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root));
    const shown = await shop.said('Stop ');
    const [, gateway = ''] = /Shop +(\S+)\//.exec(shown) ?? [];
    const [, traceUi = ''] = /Traces +(\S+)\/search/.exec(shown) ?? [];

    const first = await stubAt(gateway);
    process.kill(Number(first['STUB_PID']), 'SIGKILL');
    await shop.said('gateway was ended by SIGKILL; restarting in 0.5 s');
    await shop.said('gateway is ready again');
    expect((await stubAt(gateway))['STUB_PID']).not.toBe(first['STUB_PID']);
    await fetch(`${gateway}/crash`, { method: 'POST' });
    await shop.said('gateway exited with code 1; restarting in 1 s');

    const postmaster = Number((await readFile(join(workspace.root, '.waymark/postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(postmaster, 'SIGKILL');
    await shop.said('Postgres was ended by SIGKILL; restarting in 0.5 s');
    await shop.said('Postgres is ready again');
    const database = new pg.Client((await stubAt(first['AUTH_URL'] ?? ''))['DATABASE_URL']);
    await database.connect();
    await database.end();

    expect((await fetch(`${traceUi}/api/v3/traces/${traceId}`)).status).toBe(200);
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  'restarts a killed trace store at the same address',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root));
    const [, traceUi = ''] = /Traces +(\S+)\/search/.exec(await shop.said('Stop ')) ?? [];
    process.kill(traceStoreOf(shop.process.pid), 'SIGKILL');
    await shop.said('the trace store was ended by SIGKILL; restarting in 0.5 s');
    await shop.said('the trace store is ready again');
    expect((await fetch(`${traceUi}/api/services`)).status).toBe(200);
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  'Ctrl-C during a restart stops everything',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root));
    const [, gateway = ''] = /Shop +(\S+)\//.exec(await shop.said('Stop ')) ?? [];
    const { INVENTORY_URL: inventory = '' } = await stubAt(gateway);
    await rm(join(workspace.root, 'services/inventory/src/main.ts'));
    await fetch(`${inventory}/crash`, { method: 'POST' });
    await shop.said('The service inventory exited with code 1; restarting in 2 s');
    const children = childrenOf(shop.process.pid);
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
    expect(children.filter(runs)).toEqual([]);
  },
  ONE_MINUTE,
);

test(
  'a service that cannot start the first time ends the start with code 1 and its last lines',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { env: { STUB: 'crash-on-start' } }));
    expect(await shop.ended).toBe(1);
    expect(shop.output()).toMatch(/The service \w+ exited with code 1\. Its last lines:\n[^]*cannot read the price list/);
    expect(shop.output()).not.toContain('again');
  },
  ONE_MINUTE,
);

test(
  '--without leaves a service out',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { args: ['--without', 'inventory'] }));
    const shown = await shop.said('Stop ');
    expect(shown).not.toMatch(/^ok inventory/m);
    expect(shown).toContain('Started without inventory');
    const [, gateway = ''] = /Shop +(\S+)\//.exec(shown) ?? [];
    await expect(fetch((await stubAt(gateway))['INVENTORY_URL'] ?? '')).rejects.toThrow('fetch failed');
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  '--without gateway shows neither an order nor the address of the shop',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { args: ['--without', 'gateway'] }));
    const shown = await shop.said('Stop ');
    expect(shown).toMatch(/^Traces /m);
    expect(shown).not.toMatch(/One order|^Shop /m);
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  'a failed order is shown with its problem',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { env: { STUB: 'no-inventory' } }));
    expect(await shop.said('Stop ')).toContain(
      'GET /v1/products failed with 503 upstream_unavailable: The inventory service cannot be reached.',
    );
  },
  ONE_MINUTE,
);

test(
  'Ctrl-C during the start stops it',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const shop = forTest(start(workspace.root, { env: { STUB: 'never-ready' } }));
    await shop.said('ok databases');
    shop.process.kill('SIGINT');
    expect(await shop.ended).toBe(0);
  },
  ONE_MINUTE,
);

test(
  'shows the outcome of the order, and a link to its trace if there is a backend',
  async () => {
    const workspace = forTest(await stubWorkspace());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', TRACE_UI_URL: 'http://127.0.0.1:9/' };
    const rejecting = forTest(start(workspace.root, { env: { ...env, STUB: 'rejects' } }));
    const shown = await rejecting.said('Stop ');
    expect(shown).toContain('The order of one Lamp is rejected');
    expect(shown).toMatch(new RegExp(`gateway +info +POST /v1/orders status=201 trace=${traceId}`));
    expect(shown).toContain(`http://127.0.0.1:9/trace/${traceId}`);
    rejecting.process.kill('SIGINT');
    await rejecting.ended;

    const soldOut = forTest(start(workspace.root, { env: { STUB: 'sold-out' } }));
    expect(await soldOut.said('Stop ')).toContain('Every product is out of stock');
    soldOut.process.kill('SIGINT');
    expect(await soldOut.ended).toBe(0);
  },
  ONE_MINUTE,
);

test('a requested port that is in use ends the start', async () => {
  const workspace = forTest(await stubWorkspace());
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const shop = forTest(start(workspace.root, { args: ['--port', String(port)] }));
  expect(await shop.ended).toBe(1);
  expect(shop.output()).toContain(`Port ${port} cannot be used`);
  server.close();
});

test('--help shows the flags, and an invalid flag ends with code 2 and a suggestion', async () => {
  const help = forTest(start('/nowhere', { args: ['--help'] }));
  expect(await help.ended).toBe(0);
  expect(help.output()).toMatch(/^Usage: [^]*--reset/);
  const wrong = forTest(start('/nowhere', { args: ['--', '--rest'] }));
  expect(await wrong.ended).toBe(2);
  expect(wrong.output()).toMatch(/^Unknown option '--rest'\. Did you mean --reset\?\n/);
});
