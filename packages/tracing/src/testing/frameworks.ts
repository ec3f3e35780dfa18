import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import Router from '@koa/router';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import Koa from 'koa';
import { annotate, failActive } from '@waymark/context';
import * as onExpress from '../http/express.ts';
import * as onFastify from '../http/fastify.ts';
import * as onHono from '../http/hono.ts';
import * as onKoa from '../http/koa.ts';
import * as onNode from '../http/node-http.ts';

/** The app's handlers, the same for each framework. Its routes are in a separate router below /v1, as in a larger app. */
export interface Handlers {
  /** GET /v1/items/:id */
  item(id: string): Promise<object>;
  /** POST /v1/items, with a JSON body that the framework reads. */
  store(body: unknown): Promise<object>;
  /** GET /v1/broken/:id */
  broken(): Promise<object>;
  /** GET /v1/feed/:id */
  feed(): AsyncIterable<string>;
  /** GET /v1/slow/:id */
  slow(res: ServerResponse): Promise<object>;
}

type Running = { origin: string; port: number; server: Server } & AsyncDisposable;
type Serve = (handlers: Handlers, options?: { entry?: boolean }) => Promise<Running>;

async function listening(server: Server, close = (): unknown => server.close()): Promise<Running> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.closeAllConnections();
    await close();
    await closed;
  };
  return { origin: `http://127.0.0.1:${port}`, port, server, [Symbol.asyncDispose]: stop };
}

/** The same app in each framework that has an adapter. */
export const frameworks: Record<string, Serve> = {
  'Koa 3': async (handlers, options) => {
    const app = new Koa();
    app.silent = true;
    const router = new Router({ prefix: '/v1' });
    router.get('/items/:id', async (ctx) => void (ctx.body = await handlers.item(String(ctx.params['id']))));
    router.post('/items', async (ctx) => void (ctx.body = await handlers.store(await json(ctx.req))));
    router.get('/broken/:id', async (ctx) => void (ctx.body = await handlers.broken()));
    router.get('/feed/:id', (ctx) => void (ctx.body = Readable.from(handlers.feed())));
    router.get('/slow/:id', async (ctx) => void (ctx.body = await handlers.slow(ctx.res)));
    app.use(onKoa.traced(options)).use(router.routes());
    const listener = app.callback();
    return listening(createServer((req, res) => void listener(req, res)));
  },

  'Express 5': async (handlers, options) => {
    const app = express();
    const router = express.Router();
    router.get('/items/:id', async (req, res) => void res.json(await handlers.item(req.params.id)));
    router.post('/items', express.json(), async (req, res) => void res.json(await handlers.store(req.body)));
    router.get('/broken/:id', async (_req, res) => void res.json(await handlers.broken()));
    router.get('/feed/:id', (_req, res) => void Readable.from(handlers.feed()).pipe(res));
    router.get('/slow/:id', async (_req, res) => void res.json(await handlers.slow(res)));
    app.use(onExpress.traced(options)).use('/v1', router).use(onExpress.tracedErrors());
    return listening(createServer(app));
  },

  'Fastify 5': async (handlers, options) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(onFastify.traced(options));
    await app.register(
      async (v1) => {
        v1.get<{ Params: { id: string } }>('/items/:id', ({ params }) => handlers.item(params.id));
        v1.post('/items', ({ body }) => handlers.store(body));
        v1.get('/broken/:id', () => handlers.broken());
        v1.get('/feed/:id', () => Readable.from(handlers.feed()));
        v1.get('/slow/:id', (_request, reply) => handlers.slow(reply.raw));
      },
      { prefix: '/v1' },
    );
    await app.listen({ port: 0, host: '127.0.0.1' });
    return listening(app.server, () => app.close());
  },

  'Hono 4': async (handlers, options) => {
    const app = new Hono<{ Bindings: { outgoing: ServerResponse } }>();
    app.use(onHono.traced(options));
    app.onError((_error, c) => c.text('Internal Server Error', 500));
    const v1 = new Hono<{ Bindings: { outgoing: ServerResponse } }>();
    v1.get('/items/:id', async (c) => c.json(await handlers.item(c.req.param('id'))));
    v1.post('/items', async (c) => c.json(await handlers.store(await c.req.json())));
    v1.get('/broken/:id', async (c) => c.json(await handlers.broken()));
    v1.get('/feed/:id', (c) =>
      stream(c, async (out) => {
        for await (const part of handlers.feed()) {
          if (out.aborted) break;
          await out.write(part);
        }
      }),
    );
    v1.get('/slow/:id', async (c) => c.json(await handlers.slow(c.env.outgoing)));
    app.route('/v1', v1);
    const listener = getRequestListener(app.fetch);
    return listening(createServer((req, res) => void listener(req, res)));
  },

  'node:http': async (handlers, options) => {
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
      const [, , what = '', id = ''] = (req.url ?? '').split(/[/?]/);
      annotate({ 'http.route': req.method === 'POST' ? '/v1/items' : `/v1/${what}/{id}` });
      if (req.method === 'POST') return res.end(JSON.stringify(await handlers.store(await json(req))));
      if (what === 'items') return res.end(JSON.stringify(await handlers.item(id)));
      if (what === 'broken') return res.end(JSON.stringify(await handlers.broken()));
      if (what === 'feed') return Readable.from(handlers.feed()).pipe(res);
      return res.end(JSON.stringify(await handlers.slow(res)));
    };
    const listener = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      if (!req.url?.startsWith('/v1/')) return void res.writeHead(404).end();
      try {
        await answer(req, res);
      } catch (error) {
        failActive(error);
        res.writeHead(500).end();
      }
    };
    return listening(createServer(onNode.traced((req, res) => void listener(req, res), options)));
  },
};
