import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createDatabase, freePort, startChild, startPostgres, startShop } from '@waymark/local-stack';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { until } from '@waymark/service-kit/testing/until';
import { countOf, query } from '../shop/query.ts';
import { Shopper } from '../shop/shopper.ts';

const OWNERS = ['auth', 'inventory', 'order'] as const;
const SETTINGS = join(import.meta.dirname, '../../../deploy/pgbouncer/settings.ini');
/** Fewer connections than a single service would open without PgBouncer. */
const POOL_SIZE = 4;

const isInstalled = spawnSync('pgbouncer', ['--version']).status === 0;
const describeNeeding = isInstalled ? describe : describe.skip;

interface Bouncer extends AsyncDisposable {
  /** The URL of a database through PgBouncer. */
  url(database: string): string;
}

async function startPgBouncer(postgres: string): Promise<Bouncer> {
  const dir = await mkdtemp(join(tmpdir(), 'waymark-pgbouncer-'));
  const port = await freePort();
  const { hostname, port: target, username, password } = new URL(postgres);
  const server = `host=${hostname} port=${target} user=${username} password=${password}`;
  const file = join(dir, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
${OWNERS.map((name) => `${name} = ${server} dbname=${name} connect_query='set statement_timeout = 3000'`).join('\n')}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
%include ${SETTINGS}
default_pool_size = ${POOL_SIZE}
`,
  );
  const user = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
  const child = startChild('pgbouncer', [...user, file], { cwd: dir, env: process.env, guardSignal: 'INT' });
  await until(
    () => child.lines().join('\n'),
    (log) => log.includes('process up'),
    'PgBouncer to be up',
  );
  return {
    url: (database) => `postgres://anybody@127.0.0.1:${port}/${database}`,
    async [Symbol.asyncDispose]() {
      await child.stop('SIGINT', 2_000);
      await rm(dir, { recursive: true });
    },
  };
}

describeNeeding(`behind PgBouncer${isInstalled ? '' : ' (skipped: pgbouncer is not installed)'}`, () => {
  test(`two of each service share ${POOL_SIZE} connections for each database; LISTEN and jobs work`, async () => {
    await using undo = new AsyncDisposableStack();
    const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
    undo.defer(() => store.close());
    const postgres = undo.use(await startPostgres());
    const direct = await Promise.all(OWNERS.map(async (name) => [name, (await createDatabase(postgres.url, name)).url] as const));
    const bouncer = undo.use(await startPgBouncer(postgres.url));
    const databases = Object.fromEntries(
      direct.map(([name, url]) => [name, { DATABASE_URL: bouncer.url(name), DATABASE_DIRECT_URL: url, DATABASE_CONNECTIONS: '40' }]),
    );
    const env = { all: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100' }, ...databases };
    const shops = await Promise.all([1, 2].map(async () => undo.use(await startShop({ postgres: postgres.url, env }))));
    const shoppers = shops.map(({ urls }) => new Shopper(urls.gateway));
    await Promise.all(shoppers.map((shopper) => shopper.logIn()));

    const sku = `new-${randomUUID()}`;
    const find = () => Promise.all(shoppers.map(async (one) => (await one.call('GET', `/v1/products/${sku}`)).status));
    expect(await find()).toEqual([404, 404]);
    const inventory = shops[0]!.databases.inventory;
    await query(inventory, `insert into products values ($1, 'New', 100, 99, 1)`, [sku]);
    await until(find, (statuses) => statuses.every((status) => status === 200), 'both to know the new product', 5_000);

    const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => shoppers[at % 2]!.place('trail-map')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    for (const { body } of answers) expect(await shoppers[0]!.ended(body.id)).toMatchObject({ status: 'fulfilled' });
    for (const answer of answers) expect(await tracesFrom(store.url).of(answer, { timeoutMs: 30_000 })).toBeComplete();
    // Two control pools of 6, and what goes through PgBouncer.
    const open = await countOf(postgres.url, `select count(*)::int from pg_stat_activity where datname = 'order'`);
    expect(open).toBeLessThanOrEqual(POOL_SIZE + 12);
  }, 120_000);
});
