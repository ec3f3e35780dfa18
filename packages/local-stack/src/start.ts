import { once } from 'node:events';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { lockCheckout } from './checkout-lock.ts';
import { choosePorts } from './choose-ports.ts';
import { stopLeftover } from './data-directory.ts';
import { GatewayError, placeFirstOrder } from './first-order.ts';
import { residentBytes } from './memory.ts';
import { readTrace } from './read-trace.ts';
import * as screen from './screen.ts';
import { serviceNames } from './service.ts';
import { startShop, type Shop } from './shop.ts';
import { stopSignals, type StopSignals } from './stop-signals.ts';
import { openTraceBackend, type TraceBackend } from './trace-backend.ts';

/**
 * Starts the shop of the workspace `root`, shows one order and then the services' logs, until a stop signal. Restarts parts that end by
 * themselves. If a part cannot start the first time, stops the others and throws a StartError.
 */
export async function start({ port, reset, without }: Arguments, root: string): Promise<void> {
  using stop = stopSignals();
  try {
    await using _lock = await lockCheckout(join(root, '.waymark'));
    if (reset) await forget(join(root, '.waymark/postgres'));
    await run(root, { port, without }, stop);
  } catch (error) {
    if (error !== stop.asked.reason) throw error;
  }
}

async function forget(postgres: string): Promise<void> {
  await stopLeftover(postgres);
  await rm(postgres, { recursive: true, force: true });
}

async function run(root: string, { port, without }: Pick<Arguments, 'port' | 'without'>, stop: StopSignals): Promise<void> {
  const begun = performance.now();
  await using traces = await openTraceBackend(process.env, screen.note);
  // A copy, so that switching faults on changes no file of the repository. Each start begins with all of them off.
  const faults = join(root, '.waymark/faults.flagd.json');
  await copyFile(join(root, 'deploy/faults.flagd.json'), faults);
  let live = false;
  const shop = await startShop({
    root,
    postgres: { dir: join(root, '.waymark/postgres') },
    ports: await choosePorts(port, screen.note),
    env: { all: { ...traces.env, FAULTS_FILE: faults } },
    without,
    onRestart: screen.note,
    onStep: screen.step,
    onLine: (name, line) => live && screen.log(name, line),
    signal: stop.asked,
  });
  try {
    screen.ready(performance.now() - begun, without);
    if (!without.includes('gateway')) await showOrder(shop, traces, stop.asked);
    const gateway = without.includes('gateway') ? undefined : shop.urls.gateway;
    screen.addresses(gateway, traces.description, Object.values(shop.metrics ?? {}), await residentBytes());
    live = true;
    if (!stop.asked.aborted) await once(stop.asked, 'abort');
  } finally {
    await close(shop, stop);
  }
}

/** Shows the order. If it fails, shows the failure; the shop continues to run so that the user can find the cause. */
async function showOrder(shop: Shop, backend: TraceBackend, signal: AbortSignal): Promise<void> {
  try {
    const order = await placeFirstOrder(shop.urls.gateway, screen.exchange, signal);
    screen.order(order);
    if ('refusal' in order) return;
    await showTrace(order.traceId, shop, backend, signal);
  } catch (error) {
    signal.throwIfAborted();
    screen.note((error as Error).message);
    if (error instanceof GatewayError && error.traceId !== null) await showTrace(error.traceId, shop, backend, signal);
  }
}

async function showTrace(traceId: string, shop: Shop, { url }: TraceBackend, signal: AbortSignal): Promise<void> {
  const trace = url && (await readTrace(url, traceId, signal));
  if (trace) screen.trace(trace);
  else screen.logOf(traceId, logOf(traceId, shop));
  if (url) screen.note(`${url}/trace/${traceId}`);
}

const logOf = (traceId: string, shop: Shop) =>
  serviceNames.flatMap((name) =>
    shop
      .lines(name)
      .filter((line) => line.includes(traceId))
      .map((line) => ({ name, line })),
  );

async function close(shop: Shop, { forced }: StopSignals): Promise<void> {
  const begun = performance.now();
  screen.stopping();
  forced.addEventListener('abort', () => void shop.close({ force: true }));
  await shop.close();
  screen.stopped(performance.now() - begun);
}
