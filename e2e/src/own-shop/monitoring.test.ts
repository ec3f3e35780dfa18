import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { panelQueries, usedMetrics } from '@waymark/monitoring/queries';
import { startMonitoring, startNodeExporter, type Monitoring } from '@waymark/monitoring/start';
import { findTool } from '@waymark/monitoring/tools';
import { until } from '@waymark/service-kit/testing/until';
import { traceIdsBehind } from '../shop/all-traces.ts';
import { startOwnShop, type OwnShop } from './own-shop.ts';

const missing = (['prometheus', 'alertmanager', 'node exporter'] as const).filter((name) => !findTool(name));

interface Vector {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

/** Scrapes every second, and gives up waiting for the group. The rules are the real ones. */
const impatient = (text: string): string => text.replaceAll(/group_(wait|interval): \d+[sm]/g, 'group_$1: 1s');

(missing.length > 0 ? describe.skip : describe)(
  `the shop with a real Prometheus and Alertmanager${missing.length > 0 ? ` (skipped: ${missing.join(', ')} not installed)` : ''}`,
  () => {
    const undo = new AsyncDisposableStack();
    let own: OwnShop;
    let monitoring: Monitoring;
    const query = async (expr: string): Promise<Vector['result']> =>
      (await monitoring.ask<Vector>(`query?${new URLSearchParams({ query: expr }).toString()}`)).result;

    beforeAll(async () => {
      const all = { OTEL_METRICS_EXPORTER: 'prometheus' };
      own = undo.use(await startOwnShop({ all, order: { JOB_MAX_ATTEMPTS: '1' } }));
      const node = undo.use(await startNodeExporter());
      const targets = Object.fromEntries(Object.entries(own.shop.metrics!).map(([name, url]) => [name, new URL(url).host]));
      monitoring = undo.use(
        await startMonitoring({
          targets: { ...targets, node: node.address },
          traceUi: own.tracesUrl,
          everySeconds: 1,
          edit: { 'alertmanager/alertmanager.yml': impatient },
        }),
      );
    }, 120_000);
    afterAll(() => undo.disposeAsync());

    test('failing orders ring the phone, and the link leads to their traces', async () => {
      for (const sku of ['desk-lamp', 'grand-piano', 'lost-postcard']) await own.demo.ended((await own.demo.place(sku)).body.id);
      await until(
        () => query('up == 1'),
        ({ length }) => length === 5,
        'all targets to be up',
      );
      await own.shop.kill('inventory', 'SIGKILL');
      const failed = await Promise.all(Array.from({ length: 12 }, () => own.demo.place('desk-lamp')));
      expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([503]));

      const text = async (wished: string): Promise<string | undefined> =>
        until(
          () => monitoring.receiver.received.find(({ channel }) => channel === wished)?.text,
          (found) => found !== undefined,
          `a message by ${wished}`,
        );
      expect(await text('sms')).toMatch(
        /^\[FIRING\] OrdersFail: 1[12] orders failed in one minute, most of them with upstream_unavailable/,
      );
      expect(await text('phone')).toMatch(/1[12] orders failed/);

      const { alerts } = await monitoring.ask<{ alerts: { labels: Record<string, string>; annotations: Record<string, string> }[] }>(
        'alerts',
      );
      const link = new URL(alerts.find(({ labels }) => labels['alertname'] === 'OrdersFail')!.annotations['traces']!);
      expect((await fetch(link)).status).toBe(200);
      const found = await traceIdsBehind(link);
      expect(failed.map(({ traceId }) => traceId)).toEqual(expect.arrayContaining(found));
      expect(found.length).toBeGreaterThan(0);
      await own.shop.restart('inventory');
      await until(
        () => query('up == 1'),
        ({ length }) => length === 5,
        'all targets to be up',
      );
    }, 120_000);

    test.each(usedMetrics())('%s is emitted', async (name) => {
      const series = await until(
        () => query(name),
        ({ length }) => length > 0,
        'a series',
      );
      expect(series[0]?.metric['__name__']).toBe(name);
    });

    test.each(panelQueries())('the panel "$title" shows $expr', async ({ expr, legendFormat }) => {
      const series = await until(
        () => query(expr),
        ({ length }) => length > 0,
        'a series',
      );
      const labels = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label = '']) => label);
      for (const label of labels) expect(series.some(({ metric }) => metric[label] !== undefined)).toBe(true);
    });

    test.each(runbookCommands())('a command of a runbook works: %s', (command) => {
      const env = { ...process.env, PROMETHEUS: monitoring.prometheus, ALERTMANAGER: monitoring.alertmanager };
      const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euc', command], { env, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(command.includes('/ready') ? /is Ready|OK/ : /"status":"success"/);
    });

    test('an exemplar of a chart leads to a trace', async () => {
      const range = {
        query: 'http_server_request_duration_seconds_bucket',
        start: String(Date.now() / 1_000 - 600),
        end: String(Date.now() / 1_000),
      };
      type Exemplars = { seriesLabels: Record<string, string>; exemplars: { labels: { trace_id: string } }[] }[];
      const series = await monitoring.ask<Exemplars>(`query_exemplars?${new URLSearchParams(range).toString()}`);
      const { exemplars } = series.find(
        ({ seriesLabels }) => seriesLabels['job'] === 'gateway' && seriesLabels['http_route'] === '/v1/orders',
      )!;
      const trace = await own.traces.now(exemplars[0]!.labels.trace_id);
      expect(trace.spans.map(({ name }) => name)).toContain('POST /v1/orders');
    });
  },
);

/** The commands of all runbooks, except those for Docker: the tests of compose run them. */
function runbookCommands(): string[] {
  const folder = fileURLToPath(new URL('../../../docs/runbooks/', import.meta.url));
  const pages = readdirSync(folder).map((page) => readFileSync(folder + page, 'utf8'));
  return pages.flatMap((text) => Array.from(text.matchAll(/^```sh\n(.*?)^```/gms), ([, command = '']) => command));
}
