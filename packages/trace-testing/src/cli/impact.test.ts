import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { runTrace } from '../testing/run-trace.ts';
import { otlp, send, span, type SpanSketch } from '../testing/spans.ts';

let store: RunningTraceStore;
let directory: string;
let catalog: string[];

const reserve = span('order', 'CLIENT', 'POST', {}, [span('stock', 'SERVER', 'POST /reservations')]);
const release = span('order', 'PRODUCER', 'send release', {}, [span('order', 'CONSUMER', 'process release', {}, [reserve])]);
const through = (path: string, ...below: SpanSketch[]): SpanSketch =>
  span('gateway', 'SERVER', `POST /v1${path}`, {}, [
    span('gateway', 'CLIENT', 'POST', {}, [span('order', 'SERVER', `POST ${path}`, {}, below)]),
  ]);
const products = span('gateway', 'SERVER', 'GET /v1/products', {}, [
  span('gateway', 'CLIENT', 'GET', {}, [span('stock', 'SERVER', 'GET /products')]),
]);
const traces = [through('/orders', reserve), through('/orders', reserve), through('/cancel', release), products, through('/status')];

const component = (name: string, onCall: string, ...alerts: string[]): string => `kind: Component
metadata:
  name: ${name}
  annotations: { example.com/on-call: ${onCall} }
  links:
    - { type: website, title: the shop, url: https://example.com }
${alerts.map((alert) => `    - { type: runbook, title: ${alert}, url: 'https://example.com/${alert}.md' }`).join('\n')}
spec: { owner: 'group:default/${name}-people' }
`;

beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  for (const trace of traces) await send(store.otlpUrl, otlp(trace));
  directory = await mkdtemp(join(tmpdir(), 'trace-impact-'));
  catalog = ['--catalog', join(directory, 'catalog-info.yaml')];
  await mkdir(join(directory, 'services'));
  await writeFile(
    join(directory, 'catalog-info.yaml'),
    `kind: Location\nspec: { targets: [./services/all.yaml, 'https://example.com/more.yaml'] }\n---\n${component('gateway', 'phone', 'OrdersFail', 'Slow')}`,
  );
  await writeFile(join(directory, 'services/all.yaml'), component('stock', 'chat', 'Slow'));
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

const impact = (...args: string[]) => runTrace(['impact', ...args, '--url', store.url]);

test('impact shows callers, their operations, owners, who is on call, and the runbooks of their alerts', async () => {
  expect(await impact('stock', ...catalog)).toEqual({
    code: 0,
    err: '',
    out: `if stock fails, by its 4 newest traces of the last 1h

service  how                             owner           on call
stock    fails                           stock-people    chat
gateway  calls stock, and through order  gateway-people  phone
order    calls stock

operation                    through  traces
gateway    GET /v1/products  stock    1
gateway    POST /v1/cancel   order    1, in the background
gateway    POST /v1/orders   order    2
order      POST /cancel      stock    1, in the background
order      POST /orders      stock    2
order      process release   stock    1

alert       of              runbook
Slow        stock, gateway  https://example.com/Slow.md
OrdersFail  gateway         https://example.com/OrdersFail.md`,
  });
});

test('without a catalogue, impact shows what the traces say', async () => {
  const { out } = await impact('order');
  expect(out).toContain('\nservice  how\norder    fails\ngateway  calls order\n\noperation');
  expect(out).not.toContain('alert');
});

test('impact --json has the same', async () => {
  const { out } = await impact('stock', '--json', ...catalog);
  expect(JSON.parse(out)).toMatchObject({
    service: 'stock',
    traces: 4,
    services: [{ service: 'stock', owner: 'stock-people' }, { service: 'gateway', runbooks: [{ title: 'OrdersFail' }, {}] }, {}],
    operations: [{ name: 'GET /v1/products', through: ['stock'], inBackground: false }, {}, {}, {}, {}, {}],
  });
});

test('a service that does not exist is an error that names those that do', async () => {
  expect(await impact('stokc')).toEqual({
    code: 2,
    out: '',
    err: `trace: there is no service "stokc" at ${store.url}. Did you mean "stock"? The services are gateway, order, stock.`,
  });
});

test('a service without traces in the time is a no', async () => {
  expect(await impact('stock', '--since', '0ms')).toMatchObject({ code: 1, err: expect.stringContaining('stock has no traces at') });
});

test.each([
  ['missing.yaml', undefined, /^trace: the catalogue .*missing\.yaml cannot be read \(ENOENT\)\.$/],
  ['broken.yaml', 'kind: [', /^trace: the catalogue .*broken\.yaml is not YAML: /],
])('the catalogue %s is an error', async (name, text, message) => {
  if (text) await writeFile(join(directory, name), text);
  expect(await impact('stock', '--catalog', join(directory, name))).toMatchObject({ code: 2, err: expect.stringMatching(message) });
});
