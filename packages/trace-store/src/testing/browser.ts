import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { chromium, type Browser, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/** The Chromium of this machine; undefined if there is none, or CHROMIUM_PATH is empty. */
export const chromiumPath: string | undefined = (process.env['CHROMIUM_PATH'] ?? PLACES.find((path) => existsSync(path))) || undefined;

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath && { executablePath: chromiumPath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...QUIET],
  });

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** What the browser objects to: errors and warnings of scripts, failed requests, violations of the content security policy. */
  readonly complaints: readonly string[];
}

/** A page in a tab of its own. */
export async function openTab(browser: Browser, url: string, width = 1400): Promise<Tab> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'log' || complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => page.close() };
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

const ALL_RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The only rule of axe whose result depends on the colours. */
export const COLOUR_RULES = ['color-contrast'];

/** What axe finds against WCAG 2.2 AA, one line for each element. */
export async function accessibilityProblems(page: Page, rules: readonly string[] = ALL_RULES): Promise<readonly string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const run = `axe.run({ runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`;
  const { violations } = await page.evaluate<AxeResult>(run);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)}: ${failureSummary}`));
}
