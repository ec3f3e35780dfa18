import Router from '@koa/router';
import { expect, test } from '@jest/globals';
import type { default as Koa, Middleware } from 'koa';
import { request } from 'undici';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { tracedApp } from '../testing/traced-app.ts';

const recorded = recordSpans();

const appOf = (...routers: Router[]): Koa =>
  tracedApp(...routers.flatMap((router) => [router.routes(), router.allowedMethods()] as Middleware[]));

/** Returns the name and route of one request's span. */
async function routeOf(koa: Koa, path: string, method = 'GET'): Promise<[name: string | undefined, route: unknown, status: unknown]> {
  await using server = await serve(koa.callback());
  await (await request(server.origin + path, { method })).body.dump();
  const [span] = await recorded.take(1);
  return [span?.name, span?.attributes['http.route'], span?.attributes['http.response.status_code']];
}

function shop(): Koa {
  const orders = new Router({ prefix: '/orders' });
  orders.get('/', (ctx) => void (ctx.body = [])).get('/:id/lines/:line', (ctx) => void (ctx.body = ctx.params));
  const v1 = new Router({ prefix: '/v1' });
  v1.use(async (ctx, next) => (ctx.get('x-user') === 'refused' ? ctx.throw(401) : next()));
  v1.use('/guarded', (ctx) => ctx.throw(401));
  v1.get('/guarded/:id', () => {}).get('/broken/:id', () => Promise.reject(new Error('broken')));
  v1.use(orders.routes());
  return appOf(v1);
}

test.each([
  ['/v1/orders', 'GET', 'GET /v1/orders', '/v1/orders', 200],
  ['/v1/orders/7/lines/2?x=1', 'GET', 'GET /v1/orders/{id}/lines/{line}', '/v1/orders/{id}/lines/{line}', 200],
  ['/v1/orders', 'HEAD', 'HEAD /v1/orders', '/v1/orders', 200],
  ['/v1/broken/7', 'GET', 'GET /v1/broken/{id}', '/v1/broken/{id}', 500],
  ['/v1/guarded/7', 'GET', 'GET /v1/guarded/{id}', '/v1/guarded/{id}', 401],
  ['/v1/orders', 'DELETE', 'DELETE', undefined, 405],
  ['/v1/orders', 'OPTIONS', 'OPTIONS', undefined, 200],
  ['/wp-admin/7', 'GET', 'GET', undefined, 404],
])('%s by %s is "%s"', async (path, method, name, route, status) => {
  expect(await routeOf(shop(), path, method)).toEqual([name, route, status]);
});

test('finds a route that was added after its router was mounted', async () => {
  const router = new Router();
  const koa = appOf(router);
  router.get('/late/:id', (ctx) => void (ctx.body = 'late'));

  expect(await routeOf(koa, '/late/1')).toEqual(['GET /late/{id}', '/late/{id}', 200]);
});

test('with several routers, the route is from the one that answered', async () => {
  const first = new Router().get('/products/:sku', (_, next) => next());
  const second = new Router().get('/products/:id', (ctx) => void (ctx.body = 'second'));
  const koa = appOf(first, second);

  expect(await routeOf(koa, '/products/lamp')).toEqual(['GET /products/{id}', '/products/{id}', 200]);
});

test('a regular expression is not a route name', async () => {
  const koa = appOf(new Router().get(/^\/any\/.+/, (ctx) => void (ctx.body = 'any')));
  expect(await routeOf(koa, '/any/7')).toEqual(['GET', undefined, 200]);
});
