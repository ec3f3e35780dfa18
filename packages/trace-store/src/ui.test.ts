import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { startTraceStore } from './start-trace-store.ts';
import type { RunningTraceStore } from './start-trace-store.ts';
import { accessibilityProblems, chromiumPath, openTab, startBrowser } from './testing/browser.ts';
import {
  BROKEN,
  brokenTrace,
  failedTrace,
  jobsTrace,
  LARGE,
  largeTrace,
  ORDER,
  orderTrace,
  SECOND_ORDER,
  secondOrderTrace,
  traceRequest,
} from './testing/ui-traces.ts';

const PAGES = [
  '/search',
  `/trace/${BROKEN}?span=0000000000000001`,
  `/trace/${ORDER}?view=services`,
  `/trace/${ORDER}?view=graph`,
  '/dependencies',
  `/trace/${ORDER}...${SECOND_ORDER}`,
  '/nothing',
];

type Ports = Pick<RunningTraceStore, 'otlpUrl' | 'url'>;

async function send({ otlpUrl }: Ports, request: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(request) });
  expect(answer.status).toBe(200);
}

async function ownStore(): Promise<Ports & AsyncDisposable> {
  const { url, otlpUrl, close } = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  return { url, otlpUrl, [Symbol.asyncDispose]: close };
}

const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name });
const detail = (page: Page): Locator => page.getByRole('complementary', { name: 'Span' });
const verdict = (page: Page): Locator => page.getByRole('region', { name: 'Verdict' });
const focused = (page: Page): Promise<string | null> => page.locator('.row.active .name').textContent();

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

const withBrowser = chromiumPath ? describe : describe.skip;

withBrowser('the UI in a browser', () => {
  let store: RunningTraceStore;
  let browser: Browser;

  beforeAll(async () => {
    [store, browser] = await Promise.all([startTraceStore({ otlpPort: 0, uiPort: 0 }), startBrowser()]);
    for (const request of [orderTrace, secondOrderTrace, brokenTrace, largeTrace]) await send(store, request);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await store?.close();
  });

  test('a search finds a trace by an attribute, and leads to it', async () => {
    await using tab = await openTab(browser, `${store.url}/search`);
    const { page, complaints } = tab;
    await page.getByLabel('Service').selectOption('gateway');
    await page.getByLabel('Attributes').fill('order.id=second');
    await page.getByRole('button', { name: 'Find traces' }).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    expect(new URL(page.url()).searchParams.get('tags')).toBe('{"order.id":"second"}');
    const found = page.getByRole('listitem');
    await found.getByText('Complete').waitFor();
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
    await using other = await ownStore();
    await using tab = await openTab(browser, `${other.url}/search`);
    const { page } = tab;
    await page.getByText('Nothing here yet').waitFor();
    await send(other, traceRequest(ORDER, [{ id: 1, name: 'one', service: 'shop', ms: [0, 1] }]));
    await page.getByRole('link', { name: 'one' }).waitFor();
    await page.getByRole('link', { name: 'one' }).focus();
    await send(other, traceRequest(BROKEN, [{ id: 1, name: 'two', service: 'shop', ms: [0, 1] }], Date.now() - 1_000));
    await page.getByRole('button', { name: 'Show 1 new trace' }).click();
    await page.getByRole('link', { name: 'two' }).waitFor();
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
    await detail(page).getByRole('heading', { name: 'INSERT orders' }).waitFor();
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
    await detail(tab.page).getByRole('heading', { name: 'check session' }).waitFor();
    expect(await row(tab.page, 'INSERT orders').count()).toBe(0);
    expect(await row(tab.page, 'place order').textContent()).toMatch(/→/);
  }, 60_000);

  test('a broken trace is said to be broken, and each finding leads to its span', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${BROKEN}`);
    await verdict(tab.page).getByText('Broken').waitFor();
    expect(await verdict(tab.page).textContent()).toMatch(
      /^Failed: gateway `GET \/stock` failed \(no answer\)\..*Incomplete.*above inventory `lost child` is missing.*Failed.*2 errors.*orphan.*span-id-duplicate/s,
    );
    expect(await row(tab.page, 'SELECT stock').count()).toBe(2);
    expect(await row(tab.page, 'lost child').textContent()).toMatch(/orphan/);
    expect(await row(tab.page, 'GET /stock').textContent()).toMatch(/✕ no answer/);
    await verdict(tab.page).getByRole('button', { name: 'lost child' }).click();
    await detail(tab.page).getByText('is an orphan').waitFor();
  }, 60_000);

  test('the list gives the cause of a failed trace, and its page leads there', async () => {
    await using other = await ownStore();
    await send(other, failedTrace);
    await using list = await openTab(browser, `${other.url}/search`);
    const item = list.page.getByRole('listitem');
    await item.getByText('Failed').waitFor();
    expect(await item.textContent()).toContain('order could not reach inventory (ECONNREFUSED), 2 attempts');
    await item.getByRole('link').click();
    await verdict(list.page).getByText('Failed: order could not reach inventory (ECONNREFUSED), 2 attempts.').waitFor();
    expect(await row(list.page, 'POST /orders').first().textContent()).toMatch(/503/);
    expect(await row(list.page, 'POST /reservations').last().textContent()).toMatch(/attempt 2.*✕ ECONNREFUSED: connect refused/);
    await verdict(list.page).getByRole('button', { name: 'Go to the cause' }).click();
    await detail(list.page).getByRole('heading', { name: 'POST /reservations' }).waitFor();
    expect(list.complaints).toEqual([]);
  }, 60_000);

  test('a batch that was delivered twice is one trace and one note', async () => {
    await using other = await ownStore();
    for (let times = 0; times < 2; times++) await send(other, orderTrace);
    await using list = await openTab(browser, `${other.url}/search`);
    await list.page.getByText('4 spans').waitFor();
    await using tab = await openTab(browser, `${other.url}/trace/${ORDER}`);
    await verdict(tab.page).getByText('Complete').waitFor();
    expect(await verdict(tab.page).textContent()).toMatch(/Sound\s*1 note/);
    await verdict(tab.page).getByText('1 note').last().click();
    await verdict(tab.page).getByText('4 spans were delivered twice').waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a link to a span of another trace is followed', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${BROKEN}?span=0000000000000001`);
    await tab.page.getByRole('link', { name: '0000000000000003' }).click();
    await tab.page.waitForURL(`${store.url}/trace/${ORDER}?span=0000000000000003`);
    await detail(tab.page).getByRole('heading', { name: 'place order' }).waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a span leads to the span of another trace that links to it', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${ORDER}?span=0000000000000003`);
    await detail(tab.page).getByRole('link', { name: 'gateway: GET /stock' }).click();
    await tab.page.waitForURL(`${store.url}/trace/${BROKEN}?span=0000000000000001`);
    await detail(tab.page).getByRole('heading', { name: 'GET /stock' }).waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a trace of 2,000 spans is in the page only where one looks', async () => {
    await using tab = await openTab(browser, `${store.url}/trace/${LARGE}`);
    const { page, complaints } = tab;
    await page.getByText('2,000 spans').waitFor();
    await page.getByRole('treegrid').focus();
    await press(page, 'End');
    await row(page, 'step 2000').waitFor();
    await press(page, 'Home', ...Array.from({ length: 10 }, () => 'PageDown'));
    await row(page, 'step 151').waitFor();
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

  test("a service's own jobs are drawn thin and told last, however many they are", async () => {
    await using other = await ownStore();
    await send(other, jobsTrace);
    await using tab = await openTab(browser, `${other.url}/dependencies?lookback=6h`);
    const rows = tab.page.getByRole('row');
    await rows.nth(2).waitFor();
    expect(await rows.allTextContents()).toEqual([
      expect.stringMatching(/^From/),
      expect.stringMatching(/^deskprintercall1/),
      expect.stringMatching(/^printerprinterown job20/),
    ]);
    const widths = await tab.page.evaluate<number[]>(
      `[...document.querySelectorAll('.edge path')].map((path) => Number(path.getAttribute('stroke-width')))`,
    );
    expect(widths[0]).toBeGreaterThan(widths[1] ?? 0);
    const { data } = (await (await fetch(`${other.url}/api/dependencies?lookback=86400000`)).json()) as { data: unknown };
    expect(data).toEqual([{ parent: 'desk', child: 'printer', callCount: 1 }]);
  }, 60_000);

  test('a trace that is still coming grows on the page', async () => {
    await using other = await ownStore();
    await using tab = await openTab(browser, `${other.url}/trace/${ORDER}`);
    await tab.page.getByRole('heading', { name: 'No trace with this id' }).waitFor();
    const began = Date.now() - 1_000;
    await send(other, traceRequest(ORDER, [{ id: 2, parent: 1, name: 'child', service: 'shop', ms: [1, 2] }], began));
    await verdict(tab.page).getByText('Waiting').waitFor();
    await send(other, traceRequest(ORDER, [{ id: 1, name: 'root', service: 'shop', ms: [0, 1_000] }], began));
    await verdict(tab.page).getByText('Complete').waitFor();
    expect(await tab.page.getByRole('heading', { level: 1 }).textContent()).toBe('shop root');
  }, 60_000);

  test('axe has nothing to say, in light or dark', async () => {
    for (const path of PAGES) {
      await using tab = await openTab(browser, store.url + path);
      await tab.page.getByRole('heading', { level: 1 }).waitFor();
      await tab.page.waitForLoadState('networkidle');
      expect({ path, light: await accessibilityProblems(tab.page) }).toEqual({ path, light: [] });
      await tab.page.emulateMedia({ colorScheme: 'dark' });
      expect({ path, dark: await accessibilityProblems(tab.page) }).toEqual({ path, dark: [] });
    }
  }, 120_000);

  test('at 390 px nothing is wider than the page', async () => {
    for (const path of PAGES) {
      await using tab = await openTab(browser, store.url + path, 390);
      await tab.page.waitForLoadState('networkidle');
      expect({ path, width: await tab.page.evaluate('document.documentElement.scrollWidth') }).toEqual({ path, width: 390 });
    }
  }, 60_000);
});
