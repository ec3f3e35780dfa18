import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import * as tracing from './index.ts';
import { BAGGAGE_MAX_VALUE } from './baggage.ts';
import { DEFAULTS } from './sdk/defaults.ts';
import { isTrue } from './sdk/env.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test('the README lists each variable that the code reads', async () => {
  const files = await readdir(import.meta.dirname, { recursive: true, withFileTypes: true });
  const sources = files.filter(({ name, parentPath }) => /(?<!\.test)\.ts$/.test(name) && !parentPath.endsWith('testing'));
  const texts = await Promise.all(sources.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  const read = new Set(texts.flatMap((text) => text.match(/(?<=')(?:OTEL|WAYMARK)_[A-Z_]+(?=')/g) ?? []));
  expect(read.size).toBeGreaterThan(15);
  expect([...read].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

const [, environment = ''] = readme.split('\n## Environment\n');
const rows = (environment.split('\n### ')[0] ?? '').split('\n').map((line) => line.split('|'));

test.each(Object.entries(DEFAULTS))('the README has the default of %s', (name, preset) => {
  const row = rows.find(([, names = '']) => names.includes(`\`${name}\``));
  expect(/^ `(.*?)`/.exec(row?.[2] ?? '')?.[1]).toBe(String(preset));
});

test('the README has no default that the code does not have', () => {
  const others = rows.filter(
    ([, names = '', preset = '']) => preset.startsWith(' `') && !Object.keys(DEFAULTS).some((name) => names.includes(`\`${name}\``)),
  );
  expect(others.map(([, names = '', preset = '']) => [names.trim(), preset.trim()])).toEqual([['`OTEL_SDK_DISABLED`', '`false`']]);
  expect(isTrue({}, 'OTEL_SDK_DISABLED', () => {})).toBe(false);
});

test('the README names each exported function', () => {
  expect(Object.keys(tracing).filter((name) => !readme.includes(name) && name !== 'SpanKind')).toEqual([]);
  expect(tracing.SpanKind).toBe(SpanKind);
});

test('the README has the length limit of baggage', () => {
  expect(readme).toContain(`at most ${BAGGAGE_MAX_VALUE} characters`);
});
