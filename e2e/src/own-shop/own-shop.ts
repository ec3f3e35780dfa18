import { startShop, type Shop, type ShopOptions } from '@waymark/local-stack';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { tracesFrom, type Traces } from '@waymark/trace-testing';
import { Shopper } from '../shop/shopper.ts';

/** A shop for one test, which can configure, kill and overload it. */
export interface OwnShop extends AsyncDisposable {
  shop: Shop;
  /** The traces that its services exported. */
  traces: Traces;
  /** The address of their backend. */
  tracesUrl: string;
  /** A shopper who is logged in. */
  demo: Shopper;
}

/** Starts the whole shop as child processes on free ports, with its own Postgres and, unless it gets one, trace store. */
export async function startOwnShop(
  env: NonNullable<ShopOptions['env']> = {},
  { store: given, ...options }: Pick<ShopOptions, 'onRestart'> & { store?: RunningTraceStore } = {},
): Promise<OwnShop> {
  await using undo = new AsyncDisposableStack();
  const store = given ?? (await startTraceStore({ otlpPort: 0, uiPort: 0 }));
  if (!given) undo.defer(() => store.close());
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100', ...env.all };
  const shop = undo.use(await startShop({ ...options, env: { ...env, all } }));
  const demo = new Shopper(shop.urls.gateway);
  await demo.logIn();
  const stop = undo.move();
  return { shop, traces: tracesFrom(store.url), tracesUrl: store.url, demo, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}
