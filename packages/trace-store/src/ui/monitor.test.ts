import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeUi, row, uiUnderTest } from '../testing/ui-for-tests.ts';
import { traceRequest } from '../testing/ui-traces.ts';

const idOf = (number: number): string => number.toString(16).padStart(32, '0');

/** A request that took this many milliseconds, in a trace of its own. */
const order = (number: number, ms: number, status = 201): object =>
  traceRequest(
    idOf(number),
    [
      {
        id: number,
        name: 'POST /orders',
        service: 'gateway',
        kind: 2,
        ms: [0, ms],
        attributes: { 'http.request.method': 'POST', 'http.response.status_code': status },
        ...(status >= 500 && { error: '' }),
      },
      { id: 1_000, parent: number, name: 'POST /reservations', service: 'gateway', kind: 3, ms: [0, ms] },
    ],
    Date.now() - 60_000,
  );

const cells = (page: Page, name: string): Promise<string[]> => row(page, name).getByRole('cell').allTextContents();

describeUi('the monitor', () => {
  const ui = uiUnderTest([]);

  test('shows rate, errors and percentiles of each operation, and leads to the slowest and to the failed trace', async () => {
    await using store = await ui.ownStore();
    for (let number = 1; number <= 20; number++) await store.send(order(number, number, number === 7 ? 503 : 201));
    await using tab = await store.open('/monitor');
    const { page, complaints } = tab;
    await row(page, 'POST /orders').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    expect(await cells(page, 'POST /orders')).toEqual([
      'gateway',
      expect.stringMatching(/^0\.3\d*$/),
      '✕ 5 %',
      '10.0 ms',
      '19.0 ms',
      '20.0 ms',
      '20.0 ms',
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
    ]);
    await page.getByText(/^Requests of the last 1m 0\ds; the trace store knows no earlier ones\.$/).waitFor();

    const links = row(page, 'POST /orders').getByRole('link');
    await links.nth(5).click();
    await page.waitForURL(`${store.url}/trace/${idOf(7)}?span=0000000000000007`);
    await page.goBack();
    await links.nth(4).click();
    await page.waitForURL(`${store.url}/trace/${idOf(20)}?span=0000000000000014`);
    await page.goBack();
    await links.nth(1).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    expect(await page.getByRole('listitem').getAttribute('data-trace')).toBe(idOf(7));
    await page.goBack();
    await links.nth(2).click();
    await page.getByRole('heading', { name: '2 traces' }).waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  test('counts new requests by itself, and the focus stays', async () => {
    await using store = await ui.ownStore();
    await using tab = await store.open('/monitor');
    const { page } = tab;
    await page.getByText('No service answered a request in this time.').waitFor();
    await store.send(order(1, 10));
    const slowest = row(page, 'POST /orders').getByRole('link').nth(3);
    await slowest.focus();
    await store.send(order(2, 30));
    await slowest.and(page.getByText('30.0 ms')).waitFor();
    expect(
      await slowest.evaluate(
        (link: unknown) => link === (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement,
      ),
    ).toBe(true);
    expect(tab.complaints).toEqual([]);
  }, 60_000);
});
