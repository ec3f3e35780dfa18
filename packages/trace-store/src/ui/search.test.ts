import { expect, test } from '@jest/globals';
import { uiUnderTest, describeUi } from '../testing/ui-for-tests.ts';
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
} from '../testing/ui-traces.ts';

describeUi('the list of traces', () => {
  const ui = uiUnderTest([orderTrace, secondOrderTrace, brokenTrace, largeTrace]);

  test('a search finds a trace by an attribute and links to it', async () => {
    await using tab = await ui.shared.open('/search');
    const { page, complaints } = tab;
    await page.getByLabel('Service').selectOption('gateway');
    await page.getByLabel('Attributes').fill('order.id=second');
    await page.getByRole('button', { name: 'Find traces' }).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    expect(new URL(page.url()).searchParams.get('tags')).toBe('{"order.id":"second"}');
    const found = page.getByRole('listitem');
    await found.getByText('Complete').waitFor();
    expect(await found.textContent()).toMatch(/POST \/orders.*60\.0 ms.*5 spans.*1 error/);
    await found.locator('a.name').click();
    await page.waitForURL(`${ui.shared.url}/trace/${SECOND_ORDER}`);
    await page.getByRole('heading', { name: 'gateway POST /orders' }).waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);

  test('"Errors only" hides traces without errors', async () => {
    await using tab = await ui.shared.open('/search');
    await tab.page.getByRole('heading', { name: '4 traces' }).waitFor();
    await tab.page.getByLabel('Errors only').check();
    await tab.page.getByRole('button', { name: 'Find traces' }).click();
    await tab.page.getByRole('heading', { name: '2 traces' }).waitFor();
    expect(await tab.page.locator('a.name').allTextContents()).toEqual(['GET /stock', 'POST /orders']);
  }, 60_000);

  test('a new trace appears by itself, but waits behind a button while somebody uses the list', async () => {
    await using other = await ui.ownStore();
    await using tab = await other.open('/search');
    const { page } = tab;
    await page.getByText('No traces yet').waitFor();
    await other.send(traceRequest(ORDER, [{ id: 1, name: 'one', service: 'shop', ms: [0, 1] }]));
    await page.getByRole('link', { name: 'one' }).waitFor();
    await page.getByRole('link', { name: 'one' }).focus();
    await other.send(traceRequest(BROKEN, [{ id: 1, name: 'two', service: 'shop', ms: [0, 1] }], Date.now() - 1_000));
    await page.getByRole('button', { name: 'Show 1 new trace' }).click();
    await page.getByRole('link', { name: 'two' }).waitFor();
    expect(await page.locator('a.name').allTextContents()).toEqual(['two', 'one']);
  }, 60_000);

  test('each trace is a dot above the list, and a click on it opens the trace', async () => {
    await using tab = await ui.shared.open('/search');
    const dots = tab.page.getByRole('img', { name: 'The duration of each trace over time' }).locator('circle');
    await dots.nth(3).waitFor();
    const large = dots.filter({ hasText: '2,000 spans' });
    const heights = await dots.evaluateAll((all: readonly { cy: { baseVal: { value: number } } }[]) =>
      all.map(({ cy }) => cy.baseVal.value),
    );
    expect(await large.getAttribute('cy')).toBe(String(Math.min(...heights)));
    const failed = dots.filter({ hasText: 'error' });
    expect([await failed.count(), await failed.first().getAttribute('class'), await large.getAttribute('class')]).toEqual([
      2,
      'failed',
      '',
    ]);
    await large.click();
    await tab.page.waitForURL(`${ui.shared.url}/trace/${LARGE}`);
    expect(tab.complaints).toEqual([]);
  }, 60_000);

  test('the list is sorted by duration or by errors, and stays so after a reload', async () => {
    await using tab = await ui.shared.open('/search');
    const ids = (): Promise<string[]> =>
      tab.page
        .getByRole('listitem')
        .evaluateAll((items: readonly { dataset: { trace: string } }[]) => items.map(({ dataset }) => dataset.trace));
    await tab.page.getByRole('heading', { name: '4 traces' }).waitFor();
    expect(await ids()).toEqual([LARGE, BROKEN, SECOND_ORDER, ORDER]);
    await tab.page.getByLabel('Sort').selectOption('longest first');
    expect(await ids()).toEqual([LARGE, SECOND_ORDER, BROKEN, ORDER]);
    await tab.page.getByLabel('Sort').selectOption('most errors first');
    expect((await ids()).slice(0, 2)).toEqual([BROKEN, SECOND_ORDER]);
    await tab.page.reload();
    await tab.page.getByRole('heading', { name: '4 traces' }).waitFor();
    expect((await ids()).slice(0, 2)).toEqual([BROKEN, SECOND_ORDER]);
  }, 60_000);

  test('grouped by route, the list has percentiles, and a route leads to its traces', async () => {
    await using tab = await ui.shared.open('/search');
    const { page, complaints } = tab;
    await page.getByLabel('Group by route').check();
    const routes = page.getByRole('row');
    expect(await routes.nth(1).textContent()).toBe(' gateway POST /orders2✕ 1 (50 %)40.0 ms60.0 ms60.0 ms');
    expect(await routes.count()).toBe(4);
    await page.getByRole('button', { name: 'GET /stock' }).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    expect(await page.getByRole('listitem').getByRole('link', { name: 'GET /stock' }).count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('operation')).toBe('GET /stock');
    expect(complaints).toEqual([]);
  }, 60_000);

  test('a click on a service shows its traces only', async () => {
    await using tab = await ui.shared.open('/search?tags={"order.id":"first"}');
    const { page } = tab;
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    await page.getByLabel('Attributes').fill('');
    await page.getByRole('link', { name: 'auth 1' }).click();
    await page.getByRole('heading', { name: '2 traces' }).waitFor();
    expect(await page.getByLabel('Service').inputValue()).toBe('auth');
    expect(new URL(page.url()).searchParams.get('service')).toBe('auth');
  }, 60_000);

  test('each of twelve services has its own colour, the same on every page', async () => {
    await using other = await ui.ownStore();
    const names = Array.from({ length: 12 }, (_, at) => `service ${at}`);
    await other.send(
      traceRequest(
        ORDER,
        names.map((service, at) => ({ id: at + 1, ...(at > 0 && { parent: 1 }), name: 'work', service, ms: [0, 10] })),
      ),
    );
    await using tab = await other.open(`/trace/${ORDER}`);
    const colors = async (): Promise<string[]> => {
      await tab.page.locator('.chip').filter({ hasText: 'service 11' }).first().waitFor();
      const script = `[...document.querySelectorAll('.chip')].map((chip) => chip.title.replace('Traces of ', '') + getComputedStyle(chip.querySelector('.swatch')).backgroundColor)`;
      return (await tab.page.evaluate<string[]>(script)).sort();
    };
    const onTrace = await colors();
    expect(new Set(onTrace.map((one) => one.replace(/^service \d+/, ''))).size).toBe(12);
    await tab.page.goto(`${other.url}/trace/${ORDER}?view=services`);
    expect(onTrace).toEqual(expect.arrayContaining(await colors()));
    await other.send(traceRequest(BROKEN, [{ id: 1, name: 'more', service: 'a new one', ms: [0, 1] }]));
    await tab.page.goto(`${other.url}/search`);
    expect(onTrace).toEqual(expect.arrayContaining((await colors()).filter((one) => !one.startsWith('a new one'))));
  }, 60_000);
});
