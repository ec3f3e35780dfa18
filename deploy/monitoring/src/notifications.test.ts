import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import type { Channel } from './receiver.ts';
import { startMonitoring, type Monitoring } from './start.ts';
import { findTool } from './tools.ts';

// Prometheus takes up to 15 s to look at its rules, and more on a busy machine.
jest.setTimeout(120_000);

const missing = (['prometheus', 'alertmanager'] as const).filter((name) => !findTool(name));

/** Only the waiting times differ from the real configuration. */
const impatient = (text: string): string => text.replaceAll(/group_(wait|interval): \d+[sm]/g, 'group_$1: 1s');

(missing.length > 0 ? describe.skip : describe)(
  `a real Alertmanager${missing.length > 0 ? ` (skipped: ${missing.join(' and ')} not installed)` : ''}`,
  () => {
    let monitoring: Monitoring;
    beforeAll(async () => {
      monitoring = await startMonitoring({ targets: {}, traceUi: 'http://traces', edit: { 'alertmanager/alertmanager.yml': impatient } });
    });
    afterAll(async () => monitoring[Symbol.asyncDispose]());

    async function send(
      alert: string,
      labels: Record<string, string>,
      summary: string,
      state: 'firing' | 'resolved' = 'firing',
    ): Promise<void> {
      const startsAt = new Date('2026-11-30T10:00:00Z').toISOString();
      const endsAt = state === 'resolved' ? new Date().toISOString() : new Date(Date.now() + 600_000).toISOString();
      const annotations = {
        summary,
        traces: 'http://traces/search?a=1&b=2',
        runbook: 'http://runbooks/it.md',
        dashboard: 'http://charts/d/it',
      };
      const body = JSON.stringify([{ labels: { alertname: alert, owner: 'shop', ...labels }, annotations, startsAt, endsAt }]);
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${monitoring.alertmanager}/api/v2/alerts`, { method: 'POST', headers, body })).status).toBe(200);
    }

    /** Waits for a message of a channel with this text in it. */
    async function message(channel: Channel, containing: string): Promise<string> {
      const find = (): string | undefined =>
        monitoring.receiver.received.find((one) => one.channel === channel && one.text.includes(containing))?.text;
      return (await until(find, (text) => text !== undefined, `a message by ${channel} with "${containing}"`, 60_000)) ?? '';
    }

    test('WeCom gets markdown with the links, when an alert fires and when it is resolved', async () => {
      const labels = { notify: 'wecom', job: 'order' };
      await send('EndpointSlow', labels, 'POST /orders is slow');
      expect(await message('wecom', '[FIRING] EndpointSlow')).toBe(
        `**[FIRING] EndpointSlow of order**
> <font color="warning">POST /orders is slow</font>
> owner: shop, [traces](http://traces/search?a=1&b=2), [runbook](http://runbooks/it.md), [charts](http://charts/d/it)
`,
      );
      await send('EndpointSlow', labels, 'POST /orders is slow', 'resolved');
      expect(await message('wecom', '[RESOLVED] EndpointSlow')).toContain('> <font color="info">POST /orders is slow</font>');
    });

    test('a group of many alerts is one message that WeCom accepts', async () => {
      for (let at = 0; at < 12; at += 1)
        await send('CoreEndpointFails', { notify: 'wecom', job: 'gateway', http_route: `/v1/${at}` }, `${'long '.repeat(20)}${at}`);
      expect(await message('wecom', '> 12 alerts in all')).toMatch(
        /^\*\*\[FIRING\] CoreEndpointFails of gateway\*\*\n(> .*\n> .*\n){3}> 12 alerts in all\n$/,
      );
    });

    test('e-mail and DingTalk get the same alert', async () => {
      await send('HostCpuHigh', { notify: 'email-dingtalk', instance: 'host' }, 'host uses 90% of its CPU');
      expect(await message('dingtalk', 'HostCpuHigh')).toBe(
        `#### [FIRING] HostCpuHigh
- firing: host uses 90% of its CPU (owner: shop): [traces](http://traces/search?a=1&b=2), [runbook](http://runbooks/it.md), [charts](http://charts/d/it)`,
      );
      const mail = await message('email', 'HostCpuHigh');
      expect(mail).toContain('Subject: [FIRING] HostCpuHigh\n');
      expect(mail).toContain('To: platform@waymark.test\n');
      expect(mail).toContain(`FIRING: host uses 90% of its CPU
since   2026-11-30 10:00:00 UTC
owner   shop
traces  http://traces/search?a=1&b=2
runbook http://runbooks/it.md
charts  http://charts/d/it
`);
    });

    test('the phone rings when orders fail, and an SMS has the link; the end of it wakes nobody', async () => {
      await send('OrdersFail', { notify: 'phone-sms' }, '11 orders failed in one minute');
      expect(await message('phone', 'orders')).toBe('Waymark alert: 11 orders failed in one minute.');
      expect(await message('sms', '[FIRING]')).toBe('[FIRING] OrdersFail: 11 orders failed in one minute http://traces/search?a=1&b=2');
      await send('OrdersFail', { notify: 'phone-sms' }, '11 orders failed in one minute', 'resolved');
      await message('sms', '[RESOLVED]');
      expect(monitoring.receiver.received.filter(({ channel }) => channel === 'phone')).toHaveLength(1);
    });

    test('the fast burn silences the slow one, and a service that is down its consequences, but not failing orders', async () => {
      await send('ErrorBudgetBurnsFast', { notify: 'wecom', slo: 'availability' }, 'fast');
      await send('ServiceDown', { notify: 'wecom', job: 'auth' }, 'auth is down');
      await message('wecom', 'ServiceDown');
      await send('ErrorBudgetBurnsSlowly', { notify: 'wecom', slo: 'availability' }, 'slow');
      await send('JobsBackUp', { notify: 'wecom', job: 'inventory' }, 'jobs wait');
      await send('OrdersFail', { notify: 'phone-sms' }, '12 orders failed in one minute');
      await message('sms', '12 orders');
      await send('DeadLettersWait', { notify: 'wecom', job: 'inventory' }, 'a dead letter');
      await message('wecom', 'DeadLettersWait');
      const texts = monitoring.receiver.received.map(({ text }) => text).join('\n');
      expect(texts).not.toMatch(/ErrorBudgetBurnsSlowly|JobsBackUp/);
    });

    test("Prometheus's own watchdog arrives as a heartbeat", async () => {
      await message('heartbeat', '');
      expect(monitoring.receiver.rejected).toEqual([]);
    });

    test('a message that cannot be delivered is sent again', async () => {
      const { rejected } = monitoring.receiver;
      const before = rejected.length;
      await send('HostCpuHigh', { notify: 'email-dingtalk', instance: 'wordy' }, 'x'.repeat(20_001));
      await until(
        () => rejected.length,
        (count) => count > before + 1,
        'two attempts',
        30_000,
      );
      expect(new Set(rejected.splice(0))).toEqual(new Set(['DingTalk: markdown.text must have 1 to 20000 bytes']));
      await send('HostCpuHigh', { notify: 'email-dingtalk', instance: 'wordy' }, 'short');
      await message('dingtalk', 'short');
      rejected.splice(0);
    });
  },
);
