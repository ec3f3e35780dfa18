import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { detach } from '@waymark/context';
import { annotate, inject, span, SpanKind, startTracing } from '@waymark/tracing';
import { traceRequests } from '@waymark/tracing/undici';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { tracedGet } from './traced-get.ts';

/** What a mistake can use: the response of its own route, and the URL of another service. */
interface Context {
  response: ServerResponse;
  stock: string;
}

/** Mistakes in a program, by the finding that they cause. */
export const mistakes = {
  'child-outside-parent'({ response }) {
    void span('audit', async () => {
      await once(response, 'finish');
      await delay(20);
    });
  },

  'segment-outlived'({ response }) {
    void once(response, 'finish').then(() => span('audit', () => delay(20)));
  },

  'never-ends'() {
    void span('wait for the printer', () => new Promise(() => {}));
  },

  async 'queue-full'() {
    await Promise.all(Array.from({ length: 5 }, () => span('print', async () => 'a page')));
    while (startTracing().deliveries.waiting > 0) await delay(5);
  },

  detached() {
    detach('print the receipt', {}, () => new Promise(() => {}));
  },

  async 'context-lost'({ stock }) {
    await tracedGet(`${stock}/ok`);
    await tracedGet(`${stock}/ok`, { dispatcher: injectedTwice });
  },

  'server-untraced': ({ stock }) => tracedGet(`${stock}/untraced`, { peerService: 'stock' }),

  'client-answered-twice': ({ stock }) => tracedGet(`${stock}/flaky`, { dispatcher: retriedBelowTheSpan }),

  'server-parent-kind': ({ stock }) => tracedGet(`${stock}/ok`, { dispatcher: new Agent(), headers: inject() }),

  'error-hidden': () => span('print', () => Promise.reject(new Error('out of paper'))).catch(() => 'handled'),

  'status-contradicted'({ stock }) {
    const { hostname, port } = new URL(stock);
    const attributes = { 'http.request.method': 'GET', 'url.full': stock, 'server.address': hostname, 'server.port': Number(port) };
    return span(
      'GET',
      async (opened) => {
        const { status } = await fetch(`${stock}/nowhere`);
        opened.setAttribute('http.response.status_code', status);
      },
      { kind: SpanKind.CLIENT, attributes },
    );
  },

  'attribute-missing': ({ stock }) =>
    span('GET', () => fetch(`${stock}/ok`), { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' } }),

  'attribute-retired': ({ stock }) =>
    span('GET', () => fetch(`${stock}/ok`), {
      kind: SpanKind.CLIENT,
      attributes: { 'http.method': 'GET', 'http.url': stock, 'http.status_code': 200 },
    }),

  secret: () => annotate({ 'http.request.header.authorization': 'Bearer c2VjcmV0LW9mLWZyb250ZW5k' }),

  'too-long': () => annotate({ 'print.page': 'x'.repeat(100_000) }),

  'data-dropped': () => span('print', () => annotate(Object.fromEntries(pages))),
} satisfies Record<string, (context: Context) => unknown>;

const pages = Array.from({ length: 200 }, (_, at) => [`print.page.${at}`, at] as const);

/** Like a proxy that adds a second header: the server receives `traceparent: 00-…, 00-…`. */
const addingProxy: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const headers = [...(options.headers as string[])];
  const at = headers.indexOf('traceparent') + 1;
  headers[at] += `, ${inject()['traceparent']}`;
  return dispatch({ ...options, headers }, handler);
};

const injectedTwice = new Agent().compose(addingProxy, traceRequests());
const retriedBelowTheSpan = new Agent().compose(interceptors.retry({ minTimeout: 1 }), traceRequests());
