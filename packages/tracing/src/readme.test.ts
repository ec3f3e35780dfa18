import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { applyDefaults } from './sdk/defaults.ts';
import * as tracing from './index.ts';
import { BAGGAGE_MAX_VALUE } from './baggage.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test('the README has each variable with its default', () => {
  const env: NodeJS.ProcessEnv = {};
  applyDefaults(env);
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  for (const [name, value] of Object.entries(env)) {
    expect(rows.find((row) => row.includes(`\`${name}\``))).toContain(`\`${value}\``);
  }
});

test('the README names each function that there is', () => {
  expect(Object.keys(tracing).filter((name) => !readme.includes(name) && name !== 'SpanKind')).toEqual([]);
  expect(tracing.SpanKind).toBe(SpanKind);
});

test('the README knows the cap of baggage', () => {
  expect(readme).toContain(`at most ${BAGGAGE_MAX_VALUE} characters`);
});
