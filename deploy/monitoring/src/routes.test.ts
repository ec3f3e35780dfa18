import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { alertRules } from './testing/rules.ts';
import { findTool } from './tools.ts';

const CONFIG = join(import.meta.dirname, '../alertmanager/alertmanager.yml');
const amtool = findTool('amtool');

const run = (...args: string[]): { status: number | null; stdout: string } => spawnSync(amtool!, args, { encoding: 'utf8' });
const receiverOf = (...labels: string[]): string => run('config', 'routes', 'test', `--config.file=${CONFIG}`, ...labels).stdout.trim();

(amtool ? describe : describe.skip)(`amtool${amtool ? '' : ' (skipped: amtool is not installed)'}`, () => {
  test('accepts the configuration and its templates', () => {
    expect(run('check-config', CONFIG)).toMatchObject({ status: 0 });
  });

  test.each([
    ['HostCpuHigh', 'email-dingtalk'],
    ['EndpointSlow', 'wecom'],
    ['CoreEndpointFails', 'wecom'],
    ['OrdersFail', 'phone-sms'],
    ['ErrorBudgetBurnsFast', 'wecom'],
    ['ErrorBudgetBurnsSlowly', 'wecom'],
    ['DeadLettersWait', 'wecom'],
    ['JobsBackUp', 'wecom'],
    ['ServiceDown', 'wecom'],
    ['SpansLost', 'email-dingtalk'],
    ['Watchdog', 'heartbeat'],
  ])('%s goes to %s', (alert, receiver) => {
    const text = alertRules().find((one) => one.alert === alert)?.text ?? '';
    const labels = /labels: \{ (.*?) \}/.exec(text)?.[1]?.replaceAll(': ', '=').split(', ') ?? [];
    expect(receiverOf(`alertname=${alert}`, ...labels)).toBe(receiver);
  });

  test('an alert without a route goes to the platform team', () => {
    expect(receiverOf('alertname=Unknown', 'notify=nobody')).toBe('email-dingtalk');
  });

  test('every receiver has a route', () => {
    const text = readFileSync(CONFIG, 'utf8');
    const names = Array.from(text.matchAll(/^ {2}- name: (\S+)/gm), ([, name = '']) => name);
    expect(names.map((name) => receiverOf(`notify=${name}`))).toEqual(names);
  });
});
