import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { judge } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import type { Attack } from './attack.ts';
import { SKU } from './books.ts';
import { load, saturate, statuses, type Outcome } from './load.ts';
import { Wire } from './network.ts';
import { startAttackedShop, watchMemory } from './shop.ts';

const NAMES = ['gateway', 'auth', 'order', 'inventory'] as const;
/** The memory limit of each service in docker-compose.yml. */
const LIMIT_MIB = 144;
const SLOW_MS = 8_000;

/** The NODE_OPTIONS of the image, for processes outside a container: a share of its memory limit becomes a number. */
async function imageNodeOptions(): Promise<string> {
  const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const options = /NODE_OPTIONS="([^"]*)"/.exec(dockerfile)?.[1] ?? '';
  return options.replace(/-percentage=(\d+)/, (_, percent: string) => `=${Math.floor((Number(percent) * LIMIT_MIB) / 100)}`);
}

/** A trace backend that does not work. */
async function deadBackend(how: 'hangs' | 'refuses' | 'is slow' | 'answers 500'): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    if (how === 'answers 500') request.once('end', () => response.writeHead(500).end());
    if (how === 'is slow') setTimeout(() => response.writeHead(200).end(), SLOW_MS).unref();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => server.close().closeAllConnections();
  if (how === 'refuses') await stop();
  return { url, [Symbol.asyncDispose]: stop };
}

export const deadBackends: Attack = {
  what: 'the trace backend hangs, refuses connections, is slow, answers 500: 2.5 minutes each, 30 orders per second or half of what the shop can take',
  before: `hanging: order was killed at 62, 123 and 165 s by its limit of ${LIMIT_MIB} MiB, inventory at 72 and 149 s; 247 of 10,801 requests failed`,
  async run({ quick, say }) {
    const all: Outcome[] = [];
    const peaks: number[] = [];
    const nodeOptions = await imageNodeOptions();
    for (const how of ['hangs', 'refuses', 'is slow', 'answers 500'] as const) {
      await using backend = await deadBackend(how);
      await using attacked = await startAttackedShop({
        env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, NODE_OPTIONS: nodeOptions } },
      });
      const memory = watchMemory(NAMES.map((name) => attacked.shop.pid(name) ?? 0));
      // More than a slow machine can take would be shed, whatever the backend does.
      const order = (): Promise<Outcome> => attacked.buyer.order(SKU);
      await saturate(16, 5, order);
      const rate = Math.min(30, 0.5 * (await saturate(16, 5, order)));
      const outcomes = await load(rate, quick ? 10 : 150, order);
      const peak = memory.stop();
      say(
        `${how}: ${Math.round(rate)} per second: ${statuses(outcomes)}; peak memory: ${NAMES.map((name, at) => `${name} ${Math.round(peak[at] ?? 0)} MiB`).join(', ')}`,
      );
      all.push(...outcomes);
      peaks.push(...peak);
    }
    const failed = all.filter(({ status }) => status !== 201).length;
    const most = Math.round(Math.max(...peaks));
    return {
      now: `${failed} of ${all.length} requests failed; highest peak memory of a service: ${most} MiB`,
      held: failed === 0 && most < LIMIT_MIB,
    };
  },
};

export const backendOutage: Attack = {
  what: 'the trace backend is down for 30 s',
  before: 'a third of the spans lost',
  async run({ quick }) {
    await using wires = new AsyncDisposableStack();
    await using first = await startAttackedShop();
    // The services reach the store through a wire that can be cut.
    const wire = wires.use(new Wire(first.store.otlpUrl));
    const url = await wire.open();
    await using attacked = await startAttackedShop({ env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: url } } });
    const { buyer } = attacked;
    await load(20, 3, () => buyer.order(SKU));
    await wire.cut();
    const outcomes = await load(20, quick ? 8 : 30, () => buyer.order(SKU));
    await wire.open();
    const traces = tracesFrom(first.store.url);
    let incomplete = 0;
    for (const { traceId } of outcomes) {
      const trace = await traces.of({ headers: { 'x-trace-id': traceId } }, { timeoutMs: 20_000 }).catch(() => undefined);
      if (!trace || judge(trace).completeness.state !== 'complete') incomplete += 1;
    }
    return {
      now: `${incomplete} of ${outcomes.length} traces incomplete`,
      held: incomplete === 0 && outcomes.every(({ status }) => status === 201),
    };
  },
};

const WRONG_CLOCK = new URL('wrong-clock.ts', import.meta.url).href;
const HOUR_MS = 3_600_000;

export const wrongClocks: Attack = {
  what: "inventory's clock is an hour ahead, then a day behind",
  before: 'the verdict said that the trace was broken',
  async run() {
    const said: string[] = [];
    let held = true;
    for (const ms of [HOUR_MS, -24 * HOUR_MS]) {
      await using attacked = await startAttackedShop({
        env: { inventory: { NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${WRONG_CLOCK}`, WRONG_BY_MS: String(ms) } },
      });
      const { status, traceId } = await attacked.buyer.order(SKU);
      const trace = await tracesFrom(attacked.store.url).of({ headers: { 'x-trace-id': traceId } });
      const { completeness, findings, sound } = judge(trace);
      held &&= status === 201 && completeness.state === 'complete' && sound && findings.some(({ code }) => code === 'clock-skew');
      said.push(`${completeness.state}: ${findings.map(({ message }) => message).join(' ')}`);
    }
    return { now: said.join(' | '), held };
  },
};
