import Router from '@koa/router';
import { PageFiles } from '@waymark/page-kit';
import { availableFaults } from '@waymark/service-kit';
import type { Middleware } from 'koa';
import { description } from './description.ts';

const PAGES: Readonly<Record<string, string>> = { '/': '/page/shop/shop.html', '/api': '/page/api/api.html' };

/** Serves the shop page, the API page, the description of the API, and the configuration of the page. */
export function pages(traceUiUrl: string): Middleware {
  const files = new PageFiles({ '/page/': new URL('../page/', import.meta.url) });
  const router = new Router();
  router.get(['/', '/api', '/page/*path', '/page-kit/*path'], async (ctx, next) => {
    const path = PAGES[ctx.path] ?? ctx.path;
    if (!files.has(path)) return next();
    const { headers, body } = await files.load(path);
    ctx.set(headers);
    ctx.body = body;
    ctx.status = 200;
    if (ctx.fresh) ctx.status = 304;
  });
  router.get('/openapi.json', (ctx) => {
    ctx.body = description;
  });
  router.get('/page-config.json', (ctx) => {
    ctx.body = { traceUiUrl: traceUiUrl.replace(/\/$/, ''), faults: availableFaults() };
  });
  return router.routes() as unknown as Middleware;
}
