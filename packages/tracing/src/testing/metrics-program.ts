// A traced service, preloaded with `register`. Receives requests, reads its own metrics, and prints them: `metrics-program.ts <requests> <how>`.
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { tracedRequest } from '../http/undici.ts';
import { annotate, meter, startTracing } from '../index.ts';
import { serve } from './http-server.ts';
import { tracedApp } from './traced-app.ts';

const [count, how] = process.argv.slice(2);
const orders = meter('shop')?.createCounter('shop.orders.created', { unit: '{order}' });
const app = tracedApp(async (ctx) => {
  if (ctx.path === '/orders/7') annotate({ 'http.route': '/orders/{id}' });
  orders?.add(1, { kind: 'a "quoted"\nkind' });
  if (ctx.path === '/slow') await delay(30);
  if (ctx.path === '/broken') throw new TypeError('broken');
  ctx.status = ctx.path === '/unavailable' ? 503 : 200;
});
await using server = await serve(app.callback());

const traceIds: Record<string, string> = {};
const get = async (path: string, origin = server.origin): Promise<void> => {
  const { headers, body } = await tracedRequest(`${origin}${path}`, { urlTemplate: path });
  traceIds[path] = String(headers['x-trace-id']);
  await body.dump();
};
if (how === 'unknown') {
  for (let at = 0; at < Number(count); at += 1) await (await request(`${server.origin}/unknown/${at}`)).body.dump();
  for (const method of ['PROPFIND', 'MKCOL', 'LOCK']) await (await request(server.origin, { method: method as 'GET' })).body.dump();
} else if (how === 'known') {
  for (const path of ['/orders/7', '/slow', '/unavailable', '/broken']) await get(path);
  await get('/gone', 'http://127.0.0.1:1').catch(() => undefined);
}

const port = process.env['OTEL_EXPORTER_PROMETHEUS_PORT'];
const isScraped = how !== 'none' && process.env['OTEL_METRICS_EXPORTER'] === 'prometheus';
const scraped = isScraped ? await request(`http://127.0.0.1:${port}/metrics`) : undefined;
const loaded = Object.keys(createRequire(import.meta.url).cache);
const result = {
  type: scraped?.headers['content-type'],
  text: await scraped?.body.text(),
  traceIds,
  loaded: loaded.filter((file) => /sdk-metrics|instrumentation-runtime-node|exporter-metrics/.test(file)),
  deliveries: startTracing().deliveries,
};
process.stdout.write(JSON.stringify(result));
