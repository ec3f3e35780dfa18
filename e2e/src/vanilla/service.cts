// A service without tracing code; OpenTelemetry's instrumentation is preloaded. If there is a next service, it calls it twice. It is CommonJS, because
// the instrumentation can then patch modules without a loader.
import type { once as Once } from 'node:events';
import type * as Http from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as Consumers from 'node:stream/consumers';

const { once } = require('node:events') as { once: typeof Once };
const { createServer, get } = require('node:http') as typeof Http;
const { text } = require('node:stream/consumers') as typeof Consumers;

const next = process.env['NEXT'];

async function work(): Promise<void> {
  if (next === undefined) return;
  await (await fetch(next)).text();
  const [answer] = (await once(get(next), 'response')) as [Http.IncomingMessage];
  await text(answer);
}

const server = createServer((_request, response) => {
  work().then(
    () => response.end('done'),
    () => response.writeHead(502).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().once('end', () => {
  server.close();
  server.closeAllConnections();
});
