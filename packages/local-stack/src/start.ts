import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { lockCheckout } from './checkout-lock.ts';
import { choosePorts } from './choose-ports.ts';
import { stopLeftover } from './data-directory.ts';
import { placeFirstOrder, type FirstOrder } from './first-order.ts';
import { residentBytes } from './memory.ts';
import { readTrace } from './read-trace.ts';
import * as screen from './screen.ts';
import { serviceNames } from './service.ts';
import { startShop, type Shop } from './shop.ts';
import { stopSignals, type StopSignals } from './stop-signals.ts';
import { openTraceBackend, type TraceBackend } from './trace-backend.ts';

/**
 * Starts the shop of the workspace `root`, shows one order and then the services' logs, until a signal asks to stop.
 * Throws a StartError if it cannot start, or if a part of it crashes; nothing is left running.
 */
export async function start({ port, reset }: Arguments, root: string): Promise<void> {
  using stop = stopSignals();
  try {
    await using _lock = await lockCheckout(join(root, '.waymark'));
    if (reset) await forget(join(root, '.waymark/postgres'));
    await run(root, port, stop);
  } catch (error) {
    if (error !== stop.asked.reason) throw error;
  }
}

async function forget(postgres: string): Promise<void> {
  await stopLeftover(postgres);
  await rm(postgres, { recursive: true, force: true });
}

async function run(root: string, port: number | undefined, stop: StopSignals): Promise<void> {
  const begun = performance.now();
  await using traces = await openTraceBackend(process.env, screen.note);
  let live = false;
  const shop = await startShop({
    root,
    postgres: { dir: join(root, '.waymark/postgres') },
    ports: await choosePorts(port, screen.note),
    env: { all: { ...traces.env, NODE_COMPILE_CACHE: join(root, '.waymark/compile-cache') } },
    onStep: screen.step,
    onLine: (name, line) => live && screen.log(name, line),
    signal: stop.asked,
  });
  try {
    screen.ready(performance.now() - begun);
    await showOrder(shop, traces, stop.asked);
    screen.addresses(shop.urls.gateway, traces.description, await residentBytes());
    live = true;
    await Promise.race([once(stop.asked, 'abort'), shop.crashed.then((crash) => Promise.reject(crash))]);
  } finally {
    await close(shop, stop);
  }
}

/** An order that fails is shown as what it is; the shop runs on, for its user to find out why. */
async function showOrder(shop: Shop, backend: TraceBackend, signal: AbortSignal): Promise<void> {
  try {
    const order = await placeFirstOrder(shop.urls.gateway, screen.exchange, signal);
    screen.order(order);
    if ('refusal' in order) return;
    const trace = backend.url && (await readTrace(backend.url, order.traceId, signal));
    if (trace) screen.trace(trace);
    else screen.logOf(order.traceId, logOf(order, shop));
    if (backend.url) screen.note(`${backend.url}/trace/${order.traceId}`);
  } catch (error) {
    signal.throwIfAborted();
    screen.note((error as Error).message);
  }
}

const logOf = ({ traceId }: Extract<FirstOrder, { traceId: string }>, shop: Shop) =>
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
