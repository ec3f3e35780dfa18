import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import * as tracing from './index.ts';
import { BAGGAGE_MAX_VALUE } from './baggage.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test('the README has each variable that the code reads', async () => {
  const files = await readdir(import.meta.dirname, { recursive: true, withFileTypes: true });
  const sources = files.filter(({ name, parentPath }) => /(?<!\.test)\.ts$/.test(name) && !parentPath.endsWith('testing'));
  const texts = await Promise.all(sources.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  const read = new Set(texts.flatMap((text) => text.match(/(?<=')(?:OTEL|WAYMARK)_[A-Z_]+(?=')/g) ?? []));
  expect(read.size).toBeGreaterThan(15);
  expect([...read].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('the README names each function that there is', () => {
  expect(Object.keys(tracing).filter((name) => !readme.includes(name) && name !== 'SpanKind')).toEqual([]);
  expect(tracing.SpanKind).toBe(SpanKind);
});

test('the README knows the cap of baggage', () => {
  expect(readme).toContain(`at most ${BAGGAGE_MAX_VALUE} characters`);
});
