import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { detach } from '@waymark/context';
import { annotate, inject, span, SpanKind, startTracing } from '@waymark/tracing';
import { traceRequests } from '@waymark/tracing/undici';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { ask } from './ask.ts';

/** What a route has at hand to do its work badly: its own response, and the address of a service that does its work well. */
interface Desk {
  response: ServerResponse;
  stock: string;
}

/** What a program may do wrong in its own process, by the finding that it brings about. */
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
    await ask(`${stock}/fine`);
    await ask(`${stock}/fine`, { dispatcher: injectedTwice });
  },

  'server-untraced': ({ stock }) => ask(`${stock}/untraced`, { peerService: 'stock' }),

  'client-answered-twice': ({ stock }) => ask(`${stock}/every-other`, { dispatcher: retriedBelowTheSpan }),

  'server-parent-kind': ({ stock }) => ask(`${stock}/fine`, { dispatcher: new Agent(), headers: inject() }),

  'error-hidden': () => span('print', () => Promise.reject(new Error('out of paper'))).catch(() => 'by hand, then'),

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
    span('GET', () => fetch(`${stock}/fine`), { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' } }),

  'attribute-retired': ({ stock }) =>
    span('GET', () => fetch(`${stock}/fine`), {
      kind: SpanKind.CLIENT,
      attributes: { 'http.method': 'GET', 'http.url': stock, 'http.status_code': 200 },
    }),

  secret: () => annotate({ 'http.request.header.authorization': 'Bearer c2VjcmV0LW9mLXRoZS1raW9zaw' }),

  'too-long': () => annotate({ 'kiosk.page': 'x'.repeat(100_000) }),

  'data-dropped': () => span('print', () => annotate(Object.fromEntries(pages))),
} satisfies Record<string, (desk: Desk) => unknown>;

const pages = Array.from({ length: 200 }, (_, at) => [`kiosk.page.${at}`, at] as const);

/** As a proxy that adds its header to the one that is there: the server receives `traceparent: 00-…, 00-…`. */
const addingProxy: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const headers = [...(options.headers as string[])];
  const at = headers.indexOf('traceparent') + 1;
  headers[at] += `, ${inject()['traceparent']}`;
  return dispatch({ ...options, headers }, handler);
};

const injectedTwice = new Agent().compose(addingProxy, traceRequests());
const retriedBelowTheSpan = new Agent().compose(interceptors.retry({ minTimeout: 1 }), traceRequests());
