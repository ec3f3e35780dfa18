import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { description } from './description.ts';

const FOLDER = new URL('../page/', import.meta.url);

/** The browser gets the files of the folder unchanged; there is no bundler. */
const parts = readdirSync(FOLDER).filter((name) => /\.(js|css|svg)$/.test(name));
const FILES = new Map([['/', 'shop.html'], ['/api', 'api.html'], ...parts.map((name) => [`/${name}`, name] as const)]);

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Serves the shop page, the API page, the description of the API, and the configuration of the page. */
export function pages(traceUiUrl: string): Middleware {
  const router = new Router();
  for (const [path, file] of FILES) {
    router.get(path, async (ctx) => {
      ctx.set(HEADERS);
      ctx.type = extname(file);
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
