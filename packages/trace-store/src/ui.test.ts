import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startTraceStore } from './start-trace-store.ts';
import type { RunningTraceStore } from './start-trace-store.ts';
import { accessibilityProblems, chromiumPath, openTab, startBrowser } from './testing/browser.ts';
import {
  BROKEN,
  brokenTrace,
  LARGE,
  largeTrace,
  ORDER,
  orderTrace,
  SECOND_ORDER,
  secondOrderTrace,
  traceRequest,
} from './testing/ui-traces.ts';

const withBrowser = chromiumPath ? describe : describe.skip;

withBrowser('the UI in a browser', () => {
  let store: RunningTraceStore;
  let browser: Browser;

  beforeAll(async () => {
    [store, browser] = await Promise.all([startTraceStore({ otlpPort: 0, uiPort: 0 }), startBrowser()]);
    for (const request of [orderTrace, secondOrderTrace, brokenTrace, largeTrace]) await send(request);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await store?.close();
  });

  async function send(request: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${store.otlpUrl}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(request) });
    expect(answer.status).toBe(200);
  }

  const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
  const focused = (page: Page) => page.locator('.row.active .name').textContent();
  const press = async (page: Page, ...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  test('a search finds a trace by an attribute, and leads to it', async () => {
    await using tab = await openTab(browser, `${store.url}/search`);
    const { page, complaints } = tab;
    await page.getByLabel('Service').selectOption('gateway');
    await page.getByLabel('Attributes').fill('order.id=second');
    await page.getByRole('button', { name: 'Find traces' }).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    expect(new URL(page.url()).searchParams.get('tags')).toBe('{"order.id":"second"}');
    const found = page.getByRole('listitem');
    await found.getByText('complete').waitFor();
    expect(await found.textContent()).toMatch(/POST \/orders.*60\.0 ms.*5 spans.*1 error/);
    await found.getByRole('link').click();
    await page.waitForURL(`${store.url}/trace/${SECOND_ORDER}`);
    await page.getByRole('heading', { name: 'gateway POST /orders' }).waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  test('errors only leaves out what went well', async () => {
    await using tab = await openTab(browser, `${store.url}/search`);
    await tab.page.getByRole('heading', { name: '4 traces' }).waitFor();
    await tab.page.getByLabel('Errors only').check();
    await tab.page.getByRole('button', { name: 'Find traces' }).click();
    await tab.page.getByRole('heading', { name: '2 traces' }).waitFor();
    expect(await tab.page.getByRole('listitem').getByRole('link').allTextContents()).toEqual(['GET /stock', 'POST /orders']);
  }, 60_000);

  test('a new trace comes by itself, and waits behind a button while the list is being read', async () => {
    await using other = await startTraceStoreFor();
    await using tab = await openTab(browser, `${other.store.url}/search`);
    const { page } = tab;
    await page.getByText('Nothing here yet').waitFor();
    await other.send(traceRequest(ORDER, [{ id: 1, name: 'one', service: 'shop', ms: [0, 1] }]));
    await page.getByRole('link', { name: 'one' }).waitFor();
    await page.getByRole('link', { name: 'one' }).focus();
    await other.send(traceRequest(BROKEN, [{ id: 1, name: 'two', service: 'shop', ms: [0, 1] }], 1_000));
    await page.getByRole('button', { name: 'Show 1 new trace' }).click();
    expect(await page.getByRole('listitem').getByRole('link').allTextContents()).toEqual(['two', 'one']);
  }, 60_000);

  test('the tree is walked, collapsed and searched with the keyboard, and the address says where one is', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${ORDER}`);
    const { page, complaints } = tab;
    await page.getByRole('treegrid').focus();
    await press(page, 'Home', 'ArrowDown', 'ArrowDown');
    expect(await focused(page)).toBe('place order');
    await press(page, 'ArrowLeft');
    expect(await row(page, 'INSERT orders').count()).toBe(0);
    await press(page, 'ArrowRight', 'ArrowRight');
    expect(await focused(page)).toBe('INSERT orders');
    await press(page, 'Shift+ArrowLeft');
    expect(await page.getByRole('row').count()).toBe(1);
    await press(page, 'Shift+ArrowRight', 'End', 'Enter');
    await page.getByRole('complementary', { name: 'Span' }).getByRole('heading', { name: 'INSERT orders' }).waitFor();
    expect(new URL(page.url()).searchParams.get('span')).toBe('0000000000000004');
    await page.getByRole('treegrid').focus();
    await press(page, 's', 'e', 's', 's');
    await page.getByText('1 of 1').waitFor();
    expect(await focused(page)).toBe('check session');
    expect(complaints).toEqual([]);
  }, 60_000);

  test('an address opens the same view again', async () => {
    const state = 'span=0000000000000002&collapsed=0000000000000003&zoom=1000000-5000000&view=';
    await using tab = await openTab(browser, `${store.url}/trace/${ORDER}?${state}`);
    await tab.page.getByRole('complementary', { name: 'Span' }).getByRole('heading', { name: 'check session' }).waitFor();
    expect(await row(tab.page, 'INSERT orders').count()).toBe(0);
    expect(await row(tab.page, 'place order').textContent()).toMatch(/→/);
  }, 60_000);

  test('a broken trace is said to be broken, and each finding leads to its span', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${BROKEN}`);
    const verdict = tab.page.getByRole('region', { name: 'Verdict' });
    await verdict.getByText('Broken').waitFor();
    expect(await verdict.textContent()).toMatch(/2 errors.*orphan.*span-id-duplicate/s);
    expect(await row(tab.page, 'SELECT stock').count()).toBe(2);
    expect(await row(tab.page, 'lost child').textContent()).toMatch(/orphan/);
    expect(await row(tab.page, 'GET /stock').textContent()).toMatch(/✕ error/);
    await verdict.getByRole('button', { name: 'lost child' }).click();
    await tab.page.getByRole('complementary', { name: 'Span' }).getByText('is an orphan').waitFor();
  }, 60_000);

  test('a link to a span of another trace is followed', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${BROKEN}?span=0000000000000001`);
    await tab.page.getByRole('link', { name: '0000000000000003' }).click();
    await tab.page.waitForURL(`${store.url}/trace/${ORDER}?span=0000000000000003`);
    await tab.page.getByRole('complementary', { name: 'Span' }).getByRole('heading', { name: 'place order' }).waitFor();
  }, 60_000);

  test('a trace of 2,000 spans is in the page only where one looks', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${LARGE}`);
    const { page, complaints } = tab;
    await page.getByText('2,000 spans').waitFor();
    await page.getByRole('treegrid').focus();
    await press(page, 'End');
    await row(page, 'step 2000').waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);
    expect(await page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('2000');
    expect(complaints).toEqual([]);
  }, 60_000);

  test('two traces are picked and compared', async () => {
    await using tab = await openTab(browser, `${store.url}/search?service=order`);
    const { page, complaints } = tab;
    for (const id of [ORDER, SECOND_ORDER]) await page.locator(`[data-trace="${id}"]`).getByRole('checkbox').check();
    await page.getByRole('link', { name: 'Compare the two' }).click();
    await page.waitForURL(`${store.url}/trace/${SECOND_ORDER}...${ORDER}`);
    await page.getByText('The second differs: 1 span only in the first; it took 20.0 ms less.').waitFor();
    expect(await row(page, 'refund').textContent()).toMatch(/only in the first/);
    await page.getByLabel('Differences only').check();
    expect(await page.getByRole('row').count()).toBe(1);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('dependencies are drawn, and told in a table', async () => {
    await using tab = await openTab(browser, `${store.url}/dependencies`);
    const calls = tab.page.getByRole('row').filter({ hasText: /gateway.*order/ });
    expect(await calls.textContent()).toMatch(/gatewayordercall2032\.0 ms/);
    expect(
      await tab.page
        .getByRole('img', { name: /Who calls whom/ })
        .locator('.node')
        .count(),
    ).toBeGreaterThan(3);
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a trace that is still coming grows on the page', async () => {
    await using other = await startTraceStoreFor();
    await using tab = await openTab(browser, `${other.store.url}/trace/${ORDER}`);
    await tab.page.getByRole('heading', { name: 'No trace with this id' }).waitFor();
    await other.send(traceRequest(ORDER, [{ id: 2, parent: 1, name: 'child', service: 'shop', ms: [1, 2] }], 1_000));
    await tab.page.getByRole('region', { name: 'Verdict' }).getByText('Broken').waitFor();
    await other.send(traceRequest(ORDER, [{ id: 1, name: 'root', service: 'shop', ms: [0, 1_000] }], 1_000));
    await tab.page.getByRole('region', { name: 'Verdict' }).getByText('Complete').waitFor();
  }, 60_000);

  test.each(['light', 'dark'])(
    'axe has nothing to say (%s)',
    async (colorScheme) => {
      const pages = [
        '/search',
        `/trace/${BROKEN}?span=0000000000000001`,
        `/trace/${ORDER}?view=services`,
        `/trace/${ORDER}?view=graph`,
        '/dependencies',
        `/trace/${ORDER}...${SECOND_ORDER}`,
        '/nothing',
      ];
      for (const path of pages) {
        await using tab = await openTab(browser, store.url + path, { colorScheme, width: path === '/search' ? 390 : 1400 });
        await tab.page.waitForLoadState('networkidle');
        expect({ path, problems: await accessibilityProblems(tab.page) }).toEqual({ path, problems: [] });
      }
    },
    120_000,
  );

  test('at 390 px nothing is wider than the page', async () => {
    for (const path of ['/search', `/trace/${BROKEN}`, '/dependencies', `/trace/${ORDER}...${SECOND_ORDER}`]) {
      await using tab = await openTab(browser, store.url + path, { width: 390 });
      await tab.page.waitForLoadState('networkidle');
      expect({ path, width: await tab.page.evaluate('document.documentElement.scrollWidth') }).toEqual({ path, width: 390 });
    }
  }, 60_000);

  async function startTraceStoreFor() {
    const own = await startTraceStore({ otlpPort: 0, uiPort: 0 });
    const send = async (request: object): Promise<void> => {
      await fetch(`${own.otlpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
    };
    return { store: own, send, [Symbol.asyncDispose]: () => own.close() };
  }
});
