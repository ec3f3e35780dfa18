import { readFile } from 'node:fs/promises';
import Router from '@koa/router';
import { gatewayApi, openApi } from '@waymark/contracts';
import type { Middleware } from 'koa';

const FOLDER = new URL('../page/', import.meta.url);

/** The files of the shop page and the API page, by path. There is no bundler: what is here is what the browser gets. */
const FILES: Record<string, { file: string; type: string }> = {
  '/': { file: 'shop.html', type: 'html' },
  '/shop.js': { file: 'shop.js', type: 'js' },
  '/api': { file: 'api.html', type: 'html' },
  '/api.js': { file: 'api.js', type: 'js' },
  '/page.css': { file: 'page.css', type: 'css' },
  '/icon.svg': { file: 'icon.svg', type: 'svg' },
};

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const description = openApi(gatewayApi, {
  title: 'Waymark',
  version: '1',
  description: 'A small shop. Every answer, errors included, names its trace in `x-trace-id`.',
});

/** The shop page, the API page, the API's description, and the page's configuration. */
export function pages(traceUiUrl: string): Middleware {
  const router = new Router();
  for (const [path, { file, type }] of Object.entries(FILES)) {
    router.get(path, async (ctx) => {
      ctx.set(HEADERS);
      ctx.type = type;
      ctx.body = await readFile(new URL(file, FOLDER), 'utf8');
    });
  }
  router.get('/openapi.json', (ctx) => {
    ctx.body = description;
  });
  router.get('/page-config.json', (ctx) => {
    ctx.body = { traceUiUrl: traceUiUrl.replace(/\/$/, '') };
  });
  return router.routes() as unknown as Middleware;
}
