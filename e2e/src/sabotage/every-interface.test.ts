import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judge, verdict, type Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { jaegerIsAvailable, realJaeger } from '@waymark/trace-store/testing';
import { chromiumPath, openTab, startBrowser } from '@waymark/trace-store/testing/browser';
import { isComplete } from '@waymark/trace-testing';
import type { Browser } from 'playwright-core';
import { allTraces } from '../shop/all-traces.ts';
import { until } from '@waymark/service-kit/testing/until';
import { traceCommand } from '../verdicts/trace-command.ts';
import { breakShop } from './break-shop.ts';
import { MUTATIONS } from './mutations.ts';

/** Mistakes, and what every interface must say about the trace. */
const ROWS: readonly (readonly [what: string, says: RegExp])[] = [
  ['traced() removed from inventory', /inventory answered order .* with 201 and left no span: is its tracing middleware missing\?/],
  ['interceptor forgotten in order', /inventory .* begins this trace, but inventory is not an entry: its caller did not send traceparent/],
  ['traceparent dropped on the way from order', /called inventory, which answered in another trace .*: traceparent was lost on the way/],
  ['order killed while it places the order', /nobody knows what order did with gateway `POST \/orders`, which got no answer/],
  ['inventory down', /failed: order could not reach inventory \(ECONNREFUSED\), \d+ attempts/i],
  ['an exception in the worker', /attempt \d of fulfil_order: order `process fulfil_order` failed \(TypeError: lines is not iterable\)/],
  ['an order that waits for its retry', /attempt \d of fulfil_order, due in \d+ s/],
];

/** Removes line breaks and repeated spaces. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

let browser: Browser | undefined;
beforeAll(async () => {
  if (chromiumPath) browser = await startBrowser();
});
afterAll(async () => browser?.close());

/** Places an order in a shop with this mistake. Returns what command line, matcher and UI say about the trace that shows it. */
async function ask(what: string, says: RegExp, backend: { url: string; otlpUrl: string }, ui?: Browser): Promise<Record<string, string>> {
  const mutation = MUTATIONS.find((one) => one.what === what)!;
  return breakShop(mutation, backend, async () => {
    const saying = async (): Promise<Trace | undefined> => (await allTraces(backend.url)).find((trace) => says.test(allOf(trace)));
    const { traceId } = (await until(saying, (found) => found !== undefined, `a trace with the verdict ${says}`))!;
    // The next attempt at a job may start and fail in the meantime.
    const now = async (): Promise<Trace> => (await allTraces(backend.url)).find((trace) => trace.traceId === traceId)!;
    const interfaces = {
      'trace verify': () => traceCommand(['verify', '--url', backend.url, traceId]),
      toBeComplete: async () => isComplete(await now()).message,
      ...(ui && { UI: () => verdictOnPage(ui, `${backend.url}/trace/${traceId}`) }),
    };
    const said: Record<string, string> = {};
    for (const [name, answer] of Object.entries(interfaces))
      said[name] = plain(await until(answer, (text) => says.test(plain(text)), `${name} to say ${says}`));
    return said;
  });
}

function allOf(trace: Trace): string {
  const { findings, explanation } = judge(trace);
  return [verdict(trace), explanation, ...findings.map(({ message }) => message)].join('\n');
}

async function verdictOnPage(from: Browser, url: string): Promise<string> {
  await using tab = await openTab(from, url);
  const panel = tab.page.locator('#verdict');
  await panel.getByText('Sound?').waitFor();
  return (await panel.textContent()) ?? '';
}

const isAsked = Boolean(process.env['SABOTAGE']);
const skipped = isAsked ? '' : ' (skipped: it takes three minutes; set SABOTAGE=1)';
(isAsked ? describe : describe.skip)(
  `with the trace store${skipped}${chromiumPath ? '' : ' (its UI is skipped: no Chromium found; install it or set CHROMIUM_PATH)'}`,
  () => {
    test.each(ROWS)(
      '%s: command line, matcher and UI name it',
      async (what, says) => {
        await using undo = new AsyncDisposableStack();
        const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0 }), (one) => one.close());
        const said = expect.stringMatching(says);
        expect(await ask(what, says, store, browser)).toEqual({ 'trace verify': said, toBeComplete: said, ...(browser && { UI: said }) });
      },
      120_000,
    );
  },
);

const hasJaeger = jaegerIsAvailable({ JAEGER_BINARY: process.env['JAEGER_BINARY'] });
(hasJaeger ? describe : describe.skip)(`with a real Jaeger${hasJaeger ? '' : ' (skipped: set JAEGER_BINARY)'}`, () => {
  test.each(ROWS)(
    '%s: command line and matcher name it',
    async (what, says) => {
      await using undo = new AsyncDisposableStack();
      const jaeger = undo.adopt(await realJaeger({ JAEGER_BINARY: process.env['JAEGER_BINARY'] }), (one) => one.stop());
      const said = expect.stringMatching(says);
      expect(await ask(what, says, jaeger)).toEqual({ 'trace verify': said, toBeComplete: said });
    },
    120_000,
  );
});
