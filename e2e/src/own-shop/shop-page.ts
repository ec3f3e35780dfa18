import type { Browser, Page } from 'playwright-core';

export interface Tab extends AsyncDisposable {
  page: Page;
  /** Errors and warnings of the browser: from scripts, failed requests and violations of the content security policy. */
  complaints: string[];
  /** The URLs of all requests of the tab. */
  urls: string[];
}

/** Opens the shop page in a new tab and waits until it lists the products. */
export async function openShop(browser: Browser, url: string, { colorScheme = 'light', width = 1400 } = {}): Promise<Tab> {
  const page = await browser.newPage({ colorScheme: colorScheme === 'dark' ? 'dark' : 'light', viewport: { width, height: 900 } });
  const complaints: string[] = [];
  const urls: string[] = [];
  page.on('console', (message) => message.type() === 'log' || complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(url);
  await addButton(page, 'Desk lamp').waitFor();
  return { page, complaints, urls, [Symbol.asyncDispose]: () => page.close() };
}

export const addButton = (page: Page, product: string) => page.getByRole('button', { name: new RegExp(`^Add .*${product}$`) });
export const orders = (page: Page) => page.getByRole('region', { name: 'Your orders' }).getByRole('listitem');
export const requests = (page: Page) => page.getByRole('region', { name: 'Requests' }).getByRole('listitem');
export const click = (page: Page, button: string) => page.getByRole('button', { name: button, exact: true }).click();

/** Clicks the button that places the order, and returns the trace id of the response. */
export async function placeOrder(page: Page, button = 'Place the order'): Promise<string | undefined> {
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/v1/orders'));
  await click(page, button);
  return (await answered).headers()['x-trace-id'];
}
