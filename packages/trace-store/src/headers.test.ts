import { expect, test } from '@jest/globals';
import { storeForTest } from './testing/store-for-test.ts';

const DATA = "default-src 'none'; frame-ancestors 'none'";
const PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TRACE = 'a'.repeat(32);

test.each([
  ['/', 200, PAGE],
  ['/search', 200, PAGE],
  ['/dependencies', 200, PAGE],
  ['/monitor', 200, PAGE],
  ['/file', 200, PAGE],
  [`/trace/${TRACE}`, 200, PAGE],
  [`/trace/${TRACE}...${TRACE}`, 200, PAGE],
  ['/nothing', 404, PAGE],
  ['/ui/search/search-page.ts', 200, PAGE],
  ['/page-kit/icon.svg', 200, PAGE],
  ['/api/services', 200, DATA],
  [`/api/traces/${TRACE}`, 404, DATA],
  ['/api/monitor', 200, DATA],
  ['/api/nothing', 404, DATA],
])('%s answers %i with a strict policy', async (path, status, policy) => {
  const { url } = await storeForTest();
  const answer = await fetch(url + path);
  await answer.arrayBuffer();
  expect([answer.status, answer.headers.get('content-security-policy'), answer.headers.get('x-content-type-options')]).toEqual([
    status,
    policy,
    'nosniff',
  ]);
});
