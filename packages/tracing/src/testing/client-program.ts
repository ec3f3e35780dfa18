// Sends one request with each client, each in a span with its name: `client-program.ts 1 <register | own-sdk>`, with ORIGIN.
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { traceFetch } from '../http/fetch.ts';
import { traceHttpClients } from '../http/node-http.ts';
import { shutdownTracing, span } from '../index.ts';

let stop = shutdownTracing;
if (process.argv[3] === 'own-sdk') {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { getNodeAutoInstrumentations } = await import('@opentelemetry/auto-instrumentations-node');
  const sdk = new NodeSDK({ instrumentations: getNodeAutoInstrumentations() });
  sdk.start();
  stop = () => sdk.shutdown();
}
traceFetch();
traceFetch();
traceHttpClients();
// Loaded late, as a library would: undici 8 has its own global dispatcher.
const undici8 = await import('undici');
const undici7 = await import('undici-7');
const undici6 = await import('undici-6');
const { tracedRequest, traceRequests } = await import('../http/undici.ts');
const { default: axios } = await import('axios');

const agent = new undici8.Agent().compose(traceRequests());
const twice = new undici8.Agent().compose(traceRequests(), traceRequests());
const headers = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-03` };

const ways: Record<string, (url: string) => Promise<unknown>> = {
  fetch: async (url) => (await fetch(url)).text(),
  'fetch-with-headers': async (url) => (await fetch(url, { headers })).text(),
  'fetch-with-dispatcher': async (url) => (await fetch(url, { dispatcher: agent } as object)).text(),
  'undici-8-fetch': async (url) => (await undici8.fetch(url)).text(),
  'undici-8-request': async (url) => (await undici8.request(url)).body.text(),
  'undici-8-twice': async (url) => (await undici8.request(url, { dispatcher: twice })).body.text(),
  'undici-7-request': async (url) => (await undici7.request(url)).body.text(),
  'undici-6-request': async (url) => (await undici6.request(url)).body.text(),
  'undici-6-fetch': async (url) => (await undici6.fetch(url)).text(),
  tracedRequest: async (url) => (await tracedRequest(url, { headers })).body.text(),
  'http-get': (url) => new Promise((resolve, reject) => void get(url, (response) => resolve(text(response))).on('error', reject)),
  'http-get-with-headers': (url) =>
    new Promise((resolve, reject) => void get(url, { headers }, (response) => resolve(text(response))).on('error', reject)),
  axios: async (url) => (await axios.get<unknown>(url)).data,
};
for (const [way, send] of Object.entries(ways)) await span(way, () => send(`${process.env['ORIGIN']}/${way}`));
await agent.destroy();
await twice.destroy();
await stop();
process.stdout.write(JSON.stringify({ ways: Object.keys(ways) }));
