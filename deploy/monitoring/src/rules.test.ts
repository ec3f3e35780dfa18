import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { alertRules } from './testing/rules.ts';
import { findTool } from './tools.ts';

const FOLDER = join(import.meta.dirname, '../prometheus');
const RUNBOOKS = join(import.meta.dirname, '../../../docs/runbooks');
const promtool = findTool('promtool');
const tests = readdirSync(join(FOLDER, 'tests'));

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(promtool!, args, { cwd: FOLDER, encoding: 'utf8' });
  return status === 0 ? 'ok' : `${stdout}${stderr}`;
}

(promtool ? describe : describe.skip)(`promtool${promtool ? '' : ' (skipped: promtool is not installed)'}`, () => {
  test('accepts the configuration and the rules', () => {
    expect(run('check', 'config', 'prometheus.yml')).toBe('ok');
    expect(run('check', 'rules', '--lint=all', '--lint-fatal', 'alerts.rules.yml', 'slo.rules.yml')).toBe('ok');
  });

  test.each(tests)('every alert fires, stays silent and ends as %s says', (file) => {
    expect(run('test', 'rules', join('tests', file))).toBe('ok');
  });
});

test.each(alertRules())(
  '$alert names its owner, who is notified, its runbook, its dashboard and a search for traces',
  ({ alert, text }) => {
    for (const field of ['owner:', 'severity:', 'notify:', 'summary:', '/d/waymark-shop', '/search?service='])
      expect(text).toContain(field);
    const runbook = `${alert
      .replace(/(Fast|Slowly)$/, '')
      .replaceAll(/(?<!^)[A-Z]/g, '-$&')
      .toLowerCase()}.md`;
    expect(text).toContain(`/${runbook}'`);
  },
);

const silenced = alertRules().filter(({ alert }) => alert !== 'Watchdog');

test.each(silenced)('$alert has a test in which it fires, and one in which it does not', ({ alert }) => {
  const text = tests.map((file) => readFileSync(join(FOLDER, 'tests', file), 'utf8')).join('\n');
  expect(text).toMatch(new RegExp(`alertname: ${alert}\\n +exp_alerts:`));
  expect(text).toMatch(new RegExp(`eval_time: \\S+, alertname: ${alert} }`));
});

test('each alert has a runbook with the same sections, and there is no other', () => {
  const pages = readdirSync(RUNBOOKS).filter((page) => page !== 'README.md');
  const linked = new Set(alertRules().map(({ text }) => /runbooks \}\}\/(\S+\.md)'/.exec(text)?.[1]));
  expect(new Set(pages)).toEqual(linked);
  for (const page of pages) {
    const text = readFileSync(join(RUNBOOKS, page), 'utf8');
    expect(Array.from(text.matchAll(/^## (.*)$/gm), ([, title]) => title)).toEqual(['First look', 'Likely causes', 'Actions', 'Verify']);
  }
});
