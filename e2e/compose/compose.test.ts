import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { tracesFrom, type CompleteTrace } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { FULFILLED_ORDER } from '../src/scenarios/parts.ts';
import { Shopper } from '../src/shop/shopper.ts';
import { until } from '../src/shop/until.ts';

const { GATEWAY_URL = '', TRACES_URL = '', COMPOSE_PROJECT = '' } = process.env;
const demo = new Shopper(GATEWAY_URL);

function compose(...args: string[]): string {
  const root = join(import.meta.dirname, '../..');
  return execFileSync('docker', ['compose', '--project-name', COMPOSE_PROJECT, '--project-directory', root, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

async function orderAndReadTrace(): Promise<CompleteTrace> {
  const answer = await demo.place('desk-lamp');
  expect(answer.status).toBe(201);
  expect(await demo.ended(answer.body.id)).toMatchObject({ status: 'fulfilled' });
  return tracesFrom(TRACES_URL).of(answer, { timeoutMs: 20_000 });
}

beforeAll(() => demo.logIn());

test('Jaeger itself has nothing to remark on an order’s trace', async () => {
  const { traceId } = await orderAndReadTrace();
  const { data } = (await (await fetch(`${TRACES_URL}/api/traces/${traceId}`)).json()) as {
    data: { spans: { spanID: string; warnings?: string[] | null }[] }[];
  };
  const spans = data[0]?.spans ?? [];
  expect(spans.flatMap(({ warnings }) => warnings ?? [])).toEqual([]);
  expect(new Set(spans.map(({ spanID }) => spanID)).size).toBe(spans.length);
});

test('a second `up` changes nothing, and the shop goes on', async () => {
  const before = compose('ps', '--quiet');
  compose('up', '--detach', '--wait');
  expect(compose('ps', '--quiet')).toBe(before);
  expect(await orderAndReadTrace()).toMatchTree(FULFILLED_ORDER);
});

test.each(['gateway', 'auth', 'order', 'inventory', 'postgres'])(
  'after a restart of %s the shop works, with the data it had',
  async (service) => {
    const { body } = await demo.place('field-notebook');
    compose('restart', service);
    compose('up', '--detach', '--wait');
    // Each connection that was kept alive to a container that is gone fails once.
    const status = (): Promise<string | undefined> =>
      demo.order(body.id).then(
        (order) => order.status,
        () => undefined,
      );
    await until(status, (now) => now === 'fulfilled', 'the order to be fulfilled');
    const next = await demo.place('field-notebook');
    expect(await demo.ended(next.body.id)).toMatchObject({ status: 'fulfilled' });
  },
);

test('containers are confined', () => {
  const ids = compose('ps', '--quiet').trim().split('\n');
  const inspected = JSON.parse(execFileSync('docker', ['inspect', ...ids], { encoding: 'utf8' })) as {
    Config: { User: string };
    HostConfig: { ReadonlyRootfs: boolean; CapDrop: string[]; SecurityOpt: string[]; Memory: number; PidsLimit: number };
  }[];
  for (const { Config, HostConfig } of inspected) {
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] });
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Config.User).not.toMatch(/^(root|0)?$/);
  }
  const total = inspected.reduce((sum, { HostConfig }) => sum + HostConfig.Memory, 0);
  expect(total).toBeLessThanOrEqual(1_000_000_000);
});
