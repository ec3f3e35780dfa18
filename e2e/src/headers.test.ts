import { expect, test } from '@jest/globals';
import { shopUnderTest } from './shop/shop-under-test.ts';

const { gateway } = shopUnderTest();

const DATA = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'cache-control': 'no-store' };
const PAGE = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

test.each([
  ['/', 200, PAGE],
  ['/api', 200, PAGE],
  ['/page/shop/shop.ts', 200, PAGE],
  ['/page-kit/icon.svg', 200, PAGE],
  ['/openapi.json', 200, DATA],
  ['/page-config.json', 200, DATA],
  ['/v1/products', 200, DATA],
  ['/v1/products/nothing', 404, DATA],
  ['/v1/orders', 401, DATA],
  ['/nothing', 404, DATA],
  ['/healthz', 200, DATA],
  ['/readyz', 200, DATA],
])('%s answers %i, and browsers can neither frame it nor guess its type', async (path, status, headers) => {
  const answer = await fetch(gateway + path);
  await answer.arrayBuffer();
  expect(answer.status).toBe(status);
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-content-type-options': 'nosniff', ...headers });
});
