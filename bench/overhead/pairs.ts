// Makes pairs of a SERVER and a CLIENT span, as a request through one service does, without HTTP. They are exported.
import { setTimeout } from 'node:timers/promises';
import { extract, inject, span, SpanKind } from '@waymark/tracing';

const PAIRS = 20_000;
const incoming = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03' };

const SERVER = {
  'http.request.method': 'GET',
  'url.path': '/orders/7',
  'url.scheme': 'http',
  'network.protocol.version': '1.1',
  'server.address': '127.0.0.1',
  'server.port': 8080,
  'client.address': '127.0.0.1',
};
const CLIENT = {
  'http.request.method': 'GET',
  'url.full': 'http://127.0.0.1:8081/orders/7',
  'server.address': '127.0.0.1',
  'server.port': 8081,
};

const makePair = (): Promise<void> =>
  span(
    'GET',
    async (server) => {
      await span(
        'GET',
        (client) => {
          inject();
          client.setAttributes({ 'network.protocol.version': '1.1', 'network.peer.address': '127.0.0.1', 'network.peer.port': 8081 });
          client.setAttribute('http.response.status_code', 200);
        },
        { kind: SpanKind.CLIENT, attributes: CLIENT },
      );
      server.updateName('GET /orders/{id}');
      server.setAttribute('http.route', '/orders/{id}');
      server.setAttribute('http.response.status_code', 200);
    },
    { kind: SpanKind.SERVER, attributes: SERVER, parent: extract(incoming) },
  );

/** Makes the pairs a thousand at a time, so that they can be exported meanwhile. */
async function makePairs(): Promise<void> {
  for (let made = 0; made < PAIRS; made++) {
    await makePair();
    if (made % 1_000 === 999) await setTimeout(20);
  }
}

await makePairs();
process.on('message', () => void measure());
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.send?.(0);

async function measure(): Promise<void> {
  const before = process.cpuUsage();
  await makePairs();
  const { user, system } = process.cpuUsage(before);
  process.send?.((user + system) / PAIRS);
}
