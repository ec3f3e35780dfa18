// Serves one side of a lab until SIGTERM: `node --import @waymark/tracing/register side.ts <file>`.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { drainDetached } from '@waymark/context';
import { logCorrelation, shutdownTracing } from '@waymark/tracing';
import { traced } from '@waymark/tracing/koa';
import Koa, { type Middleware } from 'koa';
import { pino } from 'pino';

const DETACHED_MS = 5_000;

const [file = ''] = process.argv.slice(2);
const { default: middleware } = (await import(pathToFileURL(file).href)) as { default: Middleware };
const log = pino({ base: null, timestamp: false, mixin: logCorrelation });
const app = new Koa().use(traced());
app.silent = true;
app.context['log'] = log;
app.use(middleware);
const server = app.listen(0, '127.0.0.1');
app.context['server'] = server;
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  // A broken side may still be working, which must not keep the process alive.
  void drainDetached(DETACHED_MS)
    .then(() => shutdownTracing())
    .then(() => process.disconnect());
});
