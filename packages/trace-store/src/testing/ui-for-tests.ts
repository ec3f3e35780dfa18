import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { startTraceStore } from '../start-trace-store.ts';
import type { RunningTraceStore } from '../start-trace-store.ts';
import { chromiumPath, openTab, startBrowser } from './browser.ts';
import type { Tab } from './browser.ts';

const PATIENCE_MS = 60_000;

/** A trace store of its own, and its pages. */
export interface StoreUnderTest {
  readonly url: string;
  readonly open: (path: string, width?: number) => Promise<Tab>;
  readonly send: (request: object) => Promise<void>;
}

/** The browser that the tests of a file share. */
export interface UiUnderTest {
  /** A store with the traces that the tests of the file share. */
  readonly shared: StoreUnderTest;
  /** A new, empty store. */
  readonly ownStore: () => Promise<StoreUnderTest & AsyncDisposable>;
}

/** For the tests of the pages: skips them if there is no Chromium. */
export const describeUi = chromiumPath ? describe : describe.skip;

/** Starts a browser for the tests of a file, and a store that has these traces. */
export function uiUnderTest(traces: readonly object[]): UiUnderTest {
  let store: RunningTraceStore;
  let browser: Browser;
  beforeAll(async () => {
    [store, browser] = await Promise.all([startTraceStore({ otlpPort: 0, uiPort: 0 }), startBrowser()]);
    for (const request of traces) await storeUnderTest(store, browser).send(request);
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await store?.close();
  });
  return {
    get shared() {
      return storeUnderTest(store, browser);
    },
    ownStore: async () => {
      const own = await startTraceStore({ otlpPort: 0, uiPort: 0 });
      return { ...storeUnderTest(own, browser), [Symbol.asyncDispose]: () => own.close() };
    },
  };
}

const storeUnderTest = ({ url, otlpUrl }: RunningTraceStore, browser: Browser): StoreUnderTest => ({
  url,
  open: (path, width) => openTab(browser, url + path, width),
  send: async (request) => {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(request) });
    expect(status).toBe(200);
  },
});

export const row = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name });
export const detail = (page: Page): Locator => page.getByRole('complementary', { name: 'Span' });
export const verdict = (page: Page): Locator => page.getByRole('region', { name: 'Verdict' });
export const focused = (page: Page): Promise<string | null> => page.locator('.row.active .name').textContent();

export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}
