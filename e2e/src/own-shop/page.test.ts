import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startShop, type Shop } from '@waymark/local-stack';
import { accessibilityProblems, chromiumPath, startBrowser } from '@waymark/trace-store/testing/browser';
import type { Browser } from 'playwright-core';
import { addButton, click, openShop, orders, placeOrder, requests } from './shop-page.ts';

const TRACE_UI_URL = 'http://traces.test:16686';
const FAULTS_FILE = fileURLToPath(new URL('../../../deploy/faults.flagd.json', import.meta.url));
const inBrowser = chromiumPath ? describe : describe.skip;

inBrowser(`in Chromium${chromiumPath ? '' : ' (skipped: none found; install it or set CHROMIUM_PATH)'}`, () => {
  let shop: Shop;
  let browser: Browser;

  beforeAll(async () => {
    [shop, browser] = await Promise.all([startShop({ env: { all: { FAULTS_FILE }, gateway: { TRACE_UI_URL } } }), startBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  test.each(['light', 'dark'])(
    'a user can log in, place an order, see it fulfilled and follow the link to its trace, in %s mode',
    async (colorScheme) => {
      await using tab = await openShop(browser, shop.urls.gateway, { colorScheme });
      const { page, complaints, urls } = tab;
      await click(page, 'Log in');
      await page.getByText('You are logged in').first().waitFor();
      await addButton(page, 'Desk lamp').click();
      await addButton(page, 'Trail map').click();
      await page.getByLabel('Quantity of Trail map').fill('2');
      const traceId = await placeOrder(page);

      const order = orders(page).first();
      await order.getByText('Fulfilled').waitFor();
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(await order.textContent()).toContain('€63.00');
      const link = order.getByRole('link', { name: 'See this order’s trace' });
      expect(await link.getAttribute('href')).toBe(`${TRACE_UI_URL}/trace/${traceId}`);
      expect(await link.getAttribute('target')).toBe('_blank');
      const request = requests(page).filter({ hasText: 'placed an order' });
      expect(await request.getByRole('link').textContent()).toBe(traceId);

      await click(page, 'Log out');
      await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      expect(await orders(page).count()).toBe(0);
      expect(complaints).toEqual([]);
      expect(urls.filter((url) => url.includes('waymark.test') || url.includes('token'))).toEqual([]);
    },
  );

  test('errors are explained and link to their traces, also on a narrow screen', async () => {
    await using tab = await openShop(browser, shop.urls.gateway, { width: 360 });
    const { page } = tab;
    await addButton(page, 'The last lantern').click();
    await addButton(page, 'The last lantern').click();
    const refused = await placeOrder(page, 'Log in and place the order');
    const alert = page.getByRole('alert').filter({ hasText: 'Not enough in stock' });
    await alert.waitFor();
    expect(await alert.getByRole('link').getAttribute('href')).toBe(`${TRACE_UI_URL}/trace/${refused}`);

    await click(page, 'Remove The last lantern');
    await addButton(page, 'Grand piano').click();
    await placeOrder(page);
    await orders(page).filter({ hasText: 'Rejected' }).getByText('The payment was declined').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  test.each(['light', 'dark'])('an order can suffer a fault, and the order after it is whole again, in %s mode', async (colorScheme) => {
    await using tab = await openShop(browser, shop.urls.gateway, { colorScheme });
    const { page } = tab;
    await addButton(page, 'Trail map').click();
    await page.getByText('Break it').click();
    const fault = page.getByRole('checkbox', { name: 'Inventory fails with 500' });
    await fault.check();
    expect(await accessibilityProblems(page)).toEqual([]);
    const broken = await placeOrder(page, 'Log in and place the order');
    const alert = page.getByRole('alert').filter({ hasText: 'A part of the shop failed' });
    await alert.waitFor();
    expect(await alert.getByRole('link').getAttribute('href')).toBe(`${TRACE_UI_URL}/trace/${broken}`);

    expect(await fault.isChecked()).toBe(false);
    await placeOrder(page);
    await orders(page).first().getByText('Trail map').waitFor();
  });

  test('an order whose response was lost is retried with the same key and placed once', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page } = tab;
    const keys: (string | undefined)[] = [];
    await page.route('**/v1/orders', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      const answer = await route.fetch();
      await (keys.length === 1 ? route.abort() : route.fulfill({ response: answer }));
    });
    await addButton(page, 'Brass bell').click();
    await click(page, 'Log in and place the order');
    await page.getByRole('alert').getByText('No answer').waitFor();
    await placeOrder(page);
    await orders(page).first().getByText('Brass bell').waitFor();
    expect(keys).toEqual([keys[0], keys[0]]);

    await page.reload();
    await orders(page).first().waitFor();
    expect(await orders(page).filter({ hasText: 'Brass bell' }).count()).toBe(1);
  });

  test('products that are added while an order is being placed stay in the basket', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page } = tab;
    const added = Promise.withResolvers<undefined>();
    await page.route('**/v1/orders', async (route) => {
      await added.promise;
      await route.continue();
    });
    await addButton(page, 'Tea pot').click();
    const sent = page.waitForRequest('**/v1/orders');
    const placed = placeOrder(page, 'Log in and place the order');
    await sent;
    await addButton(page, 'Tea pot').click();
    await addButton(page, 'Oak stool').click();
    added.resolve(undefined);
    await placed;
    await orders(page).first().waitFor();
    expect(await page.getByLabel('Quantity of Tea pot').inputValue()).toBe('1');
    expect(await page.getByLabel('Quantity of Oak stool').inputValue()).toBe('1');
  });

  test('a reload keeps the basket, and each order links to its trace in every tab', async () => {
    await using first = await openShop(browser, shop.urls.gateway);
    await addButton(first.page, 'Tea pot').click();
    const traceId = await placeOrder(first.page, 'Log in and place the order');
    await addButton(first.page, 'Oak stool').click();
    await first.page.getByLabel('Quantity of Oak stool').fill('3');
    await first.page.reload();
    await first.page.getByLabel('Quantity of Oak stool').waitFor();
    expect(await first.page.getByLabel('Quantity of Oak stool').inputValue()).toBe('3');
    await placeOrder(first.page);
    await orders(first.page).filter({ hasText: '3 × Oak stool' }).waitFor();

    await using second = await openShop(browser, shop.urls.gateway);
    await click(second.page, 'Log in');
    const link = orders(second.page).filter({ hasText: 'Tea pot' }).first().getByRole('link', { name: 'See this order’s trace' });
    expect(await link.getAttribute('href')).toBe(`${TRACE_UI_URL}/trace/${traceId}`);
    expect(await second.page.getByRole('link', { name: 'Traces', exact: true }).getAttribute('href')).toBe(TRACE_UI_URL);
  });

  test('loading the products can be retried after a failure', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page } = tab;
    const data = /\/v1\/products|\/page-config\.json/;
    await page.route(data, (route) => route.abort());
    await page.reload();
    const alert = page.getByRole('alert').filter({ hasText: 'No answer' });
    await alert.waitFor();
    const traces = page.getByRole('link', { name: 'Traces', exact: true });
    expect(await traces.isVisible()).toBe(false);
    await page.unroute(data);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await addButton(page, 'Desk lamp').waitFor();
    await traces.waitFor();
    expect(await alert.isVisible()).toBe(false);
    expect(await page.getByText('Loading the products').isVisible()).toBe(false);
  });

  test.each(['/', '/page/shop/shop.ts', '/api', '/openapi.json', '/page-config.json'])('%s is not traced', async (path) => {
    const [file, route] = await Promise.all([fetch(shop.urls.gateway + path), fetch(`${shop.urls.gateway}/v1/products`)]);
    expect([file.status, file.headers.get('x-trace-id')]).toEqual([200, null]);
    expect([route.status, route.headers.get('x-trace-id')]).toEqual([200, expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });

  test('when the session has ended, the page says so and asks to log in again', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page } = tab;
    await page.evaluate("sessionStorage.setItem('waymark.token', 'a-token-of-a-session-long-over')");
    await page.reload();
    await page.getByRole('alert').getByText('The session has ended; log in again.').waitFor();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await page.evaluate("sessionStorage.getItem('waymark.token')")).toBeNull();
  });

  test('the API page describes each route and gives a curl for it', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page, complaints } = tab;
    await page.getByRole('link', { name: 'API' }).click();
    const route = page.getByRole('region', { name: 'POST /v1/orders', exact: true });
    await route.getByText('out_of_stock').waitFor();
    expect(await route.locator('pre').textContent()).toContain(`curl -i ${shop.urls.gateway}/v1/orders`);
    const forUsers = page.getByRole('region').filter({ hasText: 'For a logged-in user.' }).getByRole('heading', { level: 2 });
    expect(await forUsers.allTextContents()).toEqual([
      'DELETE /v1/sessions/current',
      'POST /v1/orders',
      'GET /v1/orders',
      'GET /v1/orders/{id}',
      'POST /v1/orders/{id}/cancel',
    ]);
    expect(complaints).toEqual([]);
  });

  test('each command of the API page works in a shell', async () => {
    await using tab = await openShop(browser, shop.urls.gateway);
    const { page } = tab;
    await page.goto(`${shop.urls.gateway}/api`);
    await page.getByRole('region', { name: 'Any route' }).waitFor();
    const commands = await page.locator('pre').allTextContents();
    const answers = await Promise.all(commands.map((command) => promisify(execFile)('bash', ['-c', command])));
    const statuses = answers.map(({ stdout }) => Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1]));
    expect(statuses.slice(0, -1)).toEqual([201, 204, 200, 200, 201, 200, 200]);
    // The order may be paid before its cancellation arrives.
    expect([200, 409]).toContain(statuses.at(-1));
  });
});
