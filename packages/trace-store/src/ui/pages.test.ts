import { expect, test } from '@jest/globals';
import { accessibilityProblems, COLOUR_RULES } from '../testing/browser.ts';
import { uiUnderTest, describeUi, row } from '../testing/ui-for-tests.ts';
import {
  BROKEN,
  brokenTrace,
  jobsTrace,
  largeTrace,
  ORDER,
  orderTrace,
  SECOND_ORDER,
  secondOrderTrace,
  requestTrace,
  waitingTrace,
} from '../testing/ui-traces.ts';

const PAGES = [
  '/search',
  '/search?group=route',
  `/trace/${BROKEN}?span=0000000000000001`,
  `/trace/${ORDER}?view=flame`,
  `/trace/${ORDER}?view=services`,
  `/trace/${ORDER}?view=graph`,
  '/trace/xyz',
  '/file',
  '/monitor',
  '/dependencies',
  `/trace/${ORDER}...${SECOND_ORDER}`,
  '/nothing',
];

describeUi('the pages', () => {
  const ui = uiUnderTest([orderTrace, secondOrderTrace, brokenTrace, largeTrace, requestTrace]);

  test('two traces can be selected and compared', async () => {
    await using tab = await ui.shared.open('/search?service=order');
    const { page, complaints } = tab;
    for (const id of [ORDER, SECOND_ORDER]) await page.locator(`[data-trace="${id}"]`).getByRole('checkbox').check();
    await page.getByRole('link', { name: 'Compare the two' }).click();
    await page.waitForURL(`${ui.shared.url}/trace/${SECOND_ORDER}...${ORDER}`);
    await page.getByText('The second differs: 1 span only in the first. It took 40.0 ms instead of 60.0 ms.').waitFor();
    expect(await row(page, 'refund').textContent()).toMatch(/only in the first/);
    await page.getByLabel('Differences only').check();
    expect(await page.getByRole('row').count()).toBe(1);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('dependencies are shown as a drawing and as a table', async () => {
    await using tab = await ui.shared.open('/dependencies');
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

  test("a service's own jobs are drawn thin and listed last, even if there are many", async () => {
    await using other = await ui.ownStore();
    await other.send(jobsTrace);
    await using tab = await other.open('/dependencies?lookback=6h');
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

  test('at 360 px nothing is wider than the page; axe finds no violations, in light and in dark', async () => {
    await using tab = await ui.shared.open('/', 360);
    const { page } = tab;
    for (const path of PAGES) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 360, height: 900 });
      await page.goto(ui.shared.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      expect({ path, width: await page.evaluate('document.documentElement.scrollWidth') }).toEqual({ path, width: 360 });
      await page.setViewportSize({ width: 1_400, height: 900 });
      expect({ path, light: await accessibilityProblems(page) }).toEqual({ path, light: [] });
      await page.emulateMedia({ colorScheme: 'dark' });
      expect({ path, dark: await accessibilityProblems(page, COLOUR_RULES) }).toEqual({ path, dark: [] });
    }
  }, 180_000);

  test('on a phone the whole graph is visible', async () => {
    await using other = await ui.ownStore();
    await other.send(waitingTrace);
    for (const path of ['/dependencies', `/trace/${'9'.repeat(32)}?view=graph`]) {
      await using tab = await other.open(path, 360);
      await tab.page.locator('.node').nth(4).waitFor();
      const boxes = await tab.page.evaluate<[number, number][]>(
        `[...document.querySelectorAll('.node rect, .edge text')].map((box) => box.getBoundingClientRect()).map(({ left, right }) => [left, right])`,
      );
      expect(Math.min(...boxes.map(([left]) => left))).toBeGreaterThan(0);
      expect(Math.max(...boxes.map(([, right]) => right))).toBeLessThan(360);
    }
  }, 60_000);

  test('a file is opened in the browser, and sent nowhere', async () => {
    await using other = await ui.ownStore();
    await using tab = await other.open('/file');
    const { page, complaints } = tab;
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
    const choose = (text: string): Promise<void> =>
      page.getByLabel('File').setInputFiles({ name: 'trace.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await choose('{ not json');
    await page.getByText('trace.json cannot be read').waitFor();
    const both = [orderTrace, brokenTrace].flatMap((one) => (one as { resourceSpans: object[] }).resourceSpans);
    await choose(JSON.stringify({ resourceSpans: both }));
    await page.getByRole('button', { name: 'gateway GET /stock, 4 spans' }).click();
    await page.getByRole('heading', { name: 'gateway GET /stock' }).waitFor();
    expect(await row(page, 'lost child').textContent()).toMatch(/orphan/);
    expect(requests.filter((one) => !one.startsWith('GET') || one.includes('/api'))).toEqual([]);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('a download from Jaeger’s API can be opened as a file', async () => {
    const text = await (await fetch(`${ui.shared.url}/api/traces/${ORDER}`)).text();
    await using tab = await ui.shared.open('/file');
    await tab.page.getByLabel('File').setInputFiles({ name: 'trace.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await tab.page.getByRole('heading', { name: 'gateway POST /orders' }).waitFor();
    expect(await tab.page.getByRole('row').count()).toBe(4);
  }, 60_000);
});
