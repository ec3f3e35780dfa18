import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request, span } from '@waymark/span-store/testing';
import type { Browser } from 'playwright-core';
import { chromiumPath, openTab, startBrowser } from './testing/browser.ts';
import { storeForTest } from './testing/store-for-test.ts';

const SHOP = 'https://shop.example';
const ASKED = 'content-type,x-custom';

const preflight = (url: string, origin: string): Promise<Response> =>
  fetch(`${url}/v1/traces`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': ASKED },
  });

test.each([[[SHOP]], [['https://other.example', SHOP]], [['*']]])('with %j allowed, a page of the shop may send', async (corsOrigins) => {
  const { otlpUrl } = await storeForTest({ corsOrigins });
  const answer = await preflight(otlpUrl, SHOP);
  expect(answer.status).toBe(204);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'access-control-allow-origin': SHOP,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': ASKED,
    vary: 'origin',
  });
  const sent = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    body: '{}',
    headers: { origin: SHOP, 'content-type': 'application/json' },
  });
  expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([200, SHOP]);
  const refused = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    body: '{',
    headers: { origin: SHOP, 'content-type': 'application/json' },
  });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, SHOP]);
});

test.each([[[]], [['https://other.example']]])(
  'with %j allowed, a page of the shop is refused, and told what allows it',
  async (corsOrigins) => {
    const { otlpUrl } = await storeForTest({ corsOrigins });
    const answer = await preflight(otlpUrl, SHOP);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect(await answer.text()).toContain(`--cors-origin ${SHOP}`);
  },
);

const withBrowser = chromiumPath ? describe : describe.skip;

withBrowser('a browser', () => {
  let browser: Browser;
  let page: Server;
  let origin: string;

  beforeAll(async () => {
    browser = await startBrowser();
    page = createServer((_, response) => void response.setHeader('content-type', 'text/html').end('<link rel="icon" href="data:,">'));
    page.listen(0, '127.0.0.1');
    await once(page, 'listening');
    origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    page?.close();
  });

  test.each([true, false])(
    'sends spans from a page whose origin is allowed (%s), and only then',
    async (allowed) => {
      const store = await storeForTest({ corsOrigins: allowed ? [origin] : [SHOP] });
      await using tab = await openTab(browser, origin);
      const body = JSON.stringify(request([], [span('a'.repeat(32), 1, { name: 'click' })]));
      const init = JSON.stringify({ method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const sent = await tab.page.evaluate<boolean>(
        `fetch('${store.otlpUrl}/v1/traces', ${init}).then((answer) => answer.ok, () => false)`,
      );
      expect([sent, store.stats().spans]).toEqual(allowed ? [true, 1] : [false, 0]);
    },
    60_000,
  );
});
