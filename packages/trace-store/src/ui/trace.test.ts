import { expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { uiUnderTest, describeUi, detail, focused, press, row, verdict } from '../testing/ui-for-tests.ts';
import {
  BROKEN,
  brokenTrace,
  failedTrace,
  LARGE,
  largeTrace,
  ORDER,
  orderTrace,
  SECOND_ORDER,
  secondOrderTrace,
  traceRequest,
  WAITING,
  waitingTrace,
} from '../testing/ui-traces.ts';

/** How much of its line the bar of a row takes. */
const shareOf = (page: Page, name: string): Promise<number> => widthOf(row(page, name).locator('.bar'));

/** The width of an element as a share of its parent's. */
const widthOf = (place: Locator): Promise<number> =>
  place.evaluate((box: { offsetWidth: number; parentElement: { offsetWidth: number } }) => box.offsetWidth / box.parentElement.offsetWidth);

describeUi('the page of a trace', () => {
  const ui = uiUnderTest([orderTrace, secondOrderTrace, brokenTrace, largeTrace]);

  test('the keyboard walks, collapses and searches the tree, and the address follows', async () => {
    await using tab = await ui.shared.open(`/trace/${ORDER}`);
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

  test('the address restores the view', async () => {
    const state = 'span=0000000000000002&collapsed=0000000000000003&zoom=1000000-5000000&view=';
    await using tab = await ui.shared.open(`/trace/${ORDER}?${state}`);
    await detail(tab.page).getByRole('heading', { name: 'check session' }).waitFor();
    expect(await row(tab.page, 'INSERT orders').count()).toBe(0);
    expect(await row(tab.page, 'place order').textContent()).toMatch(/→/);
  }, 60_000);

  test('a broken trace is called broken, and each finding leads to its span', async () => {
    await using tab = await ui.shared.open(`/trace/${BROKEN}`);
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

  test('the list shows the cause of a failed trace, and the page leads to it', async () => {
    await using other = await ui.ownStore();
    await other.send(failedTrace);
    await using list = await other.open('/search');
    const item = list.page.getByRole('listitem');
    await item.getByText('Failed').waitFor();
    expect(await item.textContent()).toContain('order could not reach inventory (ECONNREFUSED), 2 attempts');
    await item.locator('a.name').click();
    await verdict(list.page).getByText('Failed: order could not reach inventory (ECONNREFUSED), 2 attempts.').waitFor();
    expect(await row(list.page, 'POST /orders').first().textContent()).toMatch(/503/);
    expect(await row(list.page, 'POST /reservations').last().textContent()).toMatch(/attempt 2.*✕ ECONNREFUSED: connect refused/);
    await verdict(list.page).getByRole('button', { name: 'Go to the cause' }).click();
    await detail(list.page).getByRole('heading', { name: 'POST /reservations' }).waitFor();
    expect(list.complaints).toEqual([]);
  }, 60_000);

  test('a batch that was delivered twice gives one trace with one note', async () => {
    await using other = await ui.ownStore();
    for (let times = 0; times < 2; times++) await other.send(orderTrace);
    await using list = await other.open('/search');
    await list.page.getByText('4 spans').waitFor();
    await using tab = await other.open(`/trace/${ORDER}`);
    await verdict(tab.page).getByText('Complete').waitFor();
    expect(await verdict(tab.page).textContent()).toMatch(/Sound\s*1 note/);
    await verdict(tab.page).getByText('1 note').last().click();
    await verdict(tab.page).getByText('4 spans were delivered twice').waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a link leads to a span of another trace', async () => {
    await using tab = await ui.shared.open(`/trace/${BROKEN}?span=0000000000000001`);
    await tab.page.getByRole('link', { name: '0000000000000003' }).click();
    await tab.page.waitForURL(`${ui.shared.url}/trace/${ORDER}?span=0000000000000003`);
    await detail(tab.page).getByRole('heading', { name: 'place order' }).waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a span lists the spans of other traces that link to it', async () => {
    await using tab = await ui.shared.open(`/trace/${ORDER}?span=0000000000000003`);
    await detail(tab.page).getByRole('link', { name: 'gateway: GET /stock' }).click();
    await tab.page.waitForURL(`${ui.shared.url}/trace/${BROKEN}?span=0000000000000001`);
    await detail(tab.page).getByRole('heading', { name: 'GET /stock' }).waitFor();
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('of 2,000 spans, only those near the screen are in the page', async () => {
    await using tab = await ui.shared.open(`/trace/${LARGE}`);
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

  test('a trace that is still arriving grows on the page', async () => {
    await using other = await ui.ownStore();
    await using tab = await other.open(`/trace/${ORDER}`);
    await tab.page.getByRole('heading', { name: 'No trace with this id' }).waitFor();
    const began = Date.now() - 1_000;
    await other.send(traceRequest(ORDER, [{ id: 2, parent: 1, name: 'child', service: 'shop', ms: [1, 2] }], began));
    await verdict(tab.page).getByText('Waiting').waitFor();
    await other.send(traceRequest(ORDER, [{ id: 1, name: 'root', service: 'shop', ms: [0, 1_000] }], began));
    await verdict(tab.page).getByText('Complete').waitFor();
    expect(await tab.page.getByRole('heading', { level: 1 }).textContent()).toBe('shop root');
  }, 60_000);

  test('an invalid trace id is explained in plain words', async () => {
    await using tab = await ui.shared.open('/trace/xyz');
    await tab.page.getByRole('heading', { name: 'This is not a trace id' }).waitFor();
    await tab.page.getByText('A trace id has 32 hex digits').waitFor();
    expect(await tab.page.getByRole('alert').isVisible()).toBe(false);
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('a long wait is folded, so that the request before it can be seen', async () => {
    await using other = await ui.ownStore();
    await other.send(waitingTrace);
    await using tab = await other.open(`/trace/${WAITING}`);
    const { page, complaints } = tab;
    await page.getByText('⋯ 59.9 s ⋯').waitFor();
    expect(await shareOf(page, 'POST /orders')).toBeGreaterThan(0.4);
    expect(await page.locator('.facts').textContent()).toMatch(/^1m 00s.*root 60\.0 ms/);
    await row(page, 'process job').click();
    await detail(page).getByText('1m 00s', { exact: true }).waitFor();
    await page.getByLabel('Fold waits').uncheck();
    expect(await shareOf(page, 'POST /orders')).toBeLessThan(0.02);
    await page.reload();
    await row(page, 'POST /orders').waitFor();
    expect(await shareOf(page, 'POST /orders')).toBeLessThan(0.02);
    await page.getByRole('button', { name: 'Zoom to request' }).click();
    expect(await shareOf(page, 'POST /orders')).toBeGreaterThan(0.8);
    await page.getByRole('button', { name: 'Reset zoom' }).click();
    expect(await shareOf(page, 'POST /orders')).toBeLessThan(0.02);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('without a long wait there is nothing to fold', async () => {
    await using tab = await ui.shared.open(`/trace/${ORDER}`);
    await row(tab.page, 'POST /orders').waitFor();
    expect(await tab.page.getByLabel('Fold waits').isVisible()).toBe(false);
  }, 60_000);

  test.each([1_400, 1_000, 360])(
    'at %i px no label of the time axis is cut off',
    async (width) => {
      await using tab = await ui.shared.open(`/trace/${LARGE}`, width);
      await row(tab.page, 'step 2').first().waitFor();
      const [end, labels] = await tab.page.evaluate<[number, number[]]>(
        `[document.querySelector('#ruler').getBoundingClientRect().right, [...document.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect().right)]`,
      );
      expect(labels.length).toBeGreaterThan(1);
      expect(Math.max(...labels)).toBeLessThanOrEqual(end);
    },
    60_000,
  );

  test('the shortest piece of the critical path has the yellow of the legend', async () => {
    await using tab = await ui.shared.open(`/trace/${LARGE}`);
    const { page } = tab;
    const pieces = page.locator('.critical');
    await pieces.first().waitFor();
    const boxes = (await Promise.all((await pieces.all()).map((piece) => piece.boundingBox()))).filter((box) => box !== null);
    const shortest = boxes.sort((a, b) => a.width - b.width)[0] ?? { x: 0, y: 0, width: 0, height: 0 };
    expect(shortest.width).toBeLessThan(5);
    const png = await page.screenshot({ clip: { x: Math.floor(shortest.x) + 1, y: Math.floor(shortest.y) + 3, width: 1, height: 1 } });
    const pixel = await page.evaluate<number[]>(`(async () => {
      const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (one) => one.charCodeAt(0));
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      canvas.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    })()`);
    expect(pixel).toEqual([0xff, 0xd2, 0x1f, 0xff]);
  }, 60_000);

  test('the name of an attribute breaks between its words, not within one', async () => {
    await using other = await ui.ownStore();
    const attributes = {
      'http.response.status_code': 200,
      'messaging.rabbitmq.destination.routing_key_of_the_exchange': 'x',
      'peer.service': 'auth',
    };
    await other.send(traceRequest(ORDER, [{ id: 1, name: 'one', service: 'shop', ms: [0, 1], attributes }]));
    await using tab = await other.open(`/trace/${ORDER}?span=0000000000000001`, 360);
    await detail(tab.page).getByText('routing_').waitFor();
    const lines = await tab.page.evaluate<[string, number][]>(`[...document.querySelectorAll('#detail dt')].flatMap((term) =>
      [...term.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => {
        const range = document.createRange();
        range.selectNode(node);
        return [node.data, range.getClientRects().length];
      }))`);
    expect(lines.map(([text]) => text)).toEqual(expect.arrayContaining(['destination.', 'routing_', 'exchange']));
    expect(lines.filter(([, count]) => count > 1)).toEqual([]);
    const { x = 0, width = 0 } = (await detail(tab.page).locator('dt').filter({ hasText: 'routing_' }).boundingBox()) ?? {};
    expect(x + width).toBeLessThan(360);
  }, 60_000);

  test('a flame graph shows where the time went, and a frame can be zoomed into', async () => {
    await using tab = await ui.shared.open(`/trace/${SECOND_ORDER}?view=flame`);
    const { page, complaints } = tab;
    const frame = (name: string) => page.getByRole('button', { name });
    const share = (name: string): Promise<number> => widthOf(frame(name));
    expect(await share('gateway: POST /orders')).toBeCloseTo(1, 2);
    expect(await share('order: place order, 52.0 ms')).toBeCloseTo(52 / 60, 2);
    expect(await row(page, 'place order').textContent()).toMatch(/47\.0 ms78 %1/);
    await frame('order: place order').click();
    expect(await share('order: place order')).toBeCloseTo(1, 2);
    expect(await frame('auth: check session').count()).toBe(0);
    await frame('gateway: POST /orders').focus();
    await press(page, 'Enter');
    await frame('auth: check session').waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);
});
