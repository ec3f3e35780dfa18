import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startShop } from '@waymark/local-stack';
import { startTraceStore } from '@waymark/trace-store';
import { settings, settingsText } from './settings.ts';

/**
 * The shop under test, from the environment: GATEWAY_URL; TRACES_URL, a Jaeger or a compatible backend; SHOP_LOGS, a folder with `<service>.log`
 * files; SHOP_HAS, its settings as `NAME=value NAME=value`; TRACES_OTLP_URL, where another shop can export to. For a running shop, the caller sets
 * at least the first two. Otherwise `startShopUnderTest` sets all of them.
 */
export const shopUnderTest = () => {
  const { GATEWAY_URL: gateway = '', TRACES_URL: traces = '', SHOP_LOGS: logs, SHOP_HAS: has = '', TRACES_OTLP_URL: otlp } = process.env;
  return { gateway, traces, logs, otlp, has: new Set([...has.split(' '), ...(otlp ? ['TRACES_OTLP_URL'] : [])]) };
};

/** Starts a shop with a trace store and sets the environment variables above. Returns a function that stops both. */
export async function startShopUnderTest(): Promise<() => Promise<void>> {
  await using undo = new AsyncDisposableStack();
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  const logs = await mkdtemp(join(tmpdir(), 'waymark-e2e-'));
  undo.defer(() => rm(logs, { recursive: true }));
  const files = new Map(
    ['gateway', 'auth', 'order', 'inventory'].map((service) => [service, createWriteStream(join(logs, `${service}.log`), { flags: 'a' })]),
  );
  const shop = await startShop({
    env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100' }, order: settings },
    onLine: (service, line) => void files.get(service)?.write(`${line}\n`),
  });
  undo.use(shop);
  Object.assign(process.env, {
    GATEWAY_URL: shop.urls.gateway,
    TRACES_URL: store.url,
    TRACES_OTLP_URL: store.otlpUrl,
    SHOP_LOGS: logs,
    SHOP_HAS: settingsText,
  });
  const stop = undo.move();
  return () => stop.disposeAsync();
}
