import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import Koa from 'koa';
import { pages } from './pages.ts';

const TRACE_UI_URL = 'http://traces.test:16686';

test.each([
  { path: '/', status: 200, type: 'text/html; charset=utf-8', strict: true },
  { path: '/api', status: 200, type: 'text/html; charset=utf-8', strict: true },
  { path: '/page/shop/shop.ts', status: 200, type: 'text/javascript; charset=utf-8', strict: true },
  { path: '/page/shop/shop.css', status: 200, type: 'text/css; charset=utf-8', strict: true },
  { path: '/page-kit/icon.svg', status: 200, type: 'image/svg+xml', strict: true },
  { path: '/page/tsconfig.json', status: 404, type: 'text/plain; charset=utf-8', strict: undefined },
])('$path answers $status $type', async ({ path, ...expected }) => {
  const server = new Koa().use(pages(TRACE_UI_URL)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { status, headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const strict = headers.get('content-security-policy')?.startsWith("default-src 'none'; script-src 'self'; style-src 'self';");
    expect({ status, type: headers.get('content-type'), strict }).toEqual(expected);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
