import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import * as plain from './index.ts';
import { matchTree } from './assertions/match-tree.ts';
import { traceMatchers } from './matchers/matchers.ts';
import { order } from './testing/order.ts';
import { runTrace } from './testing/run-trace.ts';
import { otlp, traceOf } from './testing/spans.ts';
import { parseTree } from './tree/tree-pattern.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(([, language, text = '']) => ({ language, text }));

test('the README names every plain function and every matcher', () => {
  const functions = Object.keys(plain).filter((name) => !name.endsWith('Error'));
  expect(functions.filter((name) => !readme.includes(name))).toEqual([]);
  expect(Object.keys(traceMatchers).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('the README lists every command', async () => {
  const listed = [...readme.matchAll(/^trace (\w+ .*?) {2,}/gm)].map(([, usage]) => usage);
  const { out } = await runTrace(['--help']);
  expect(listed).toEqual([...out.matchAll(/^ {2}(\w+ .*?) {2,}/gm)].map(([, usage]) => usage));
});

test('the imports of the README exist, and its trees are valid', () => {
  const imported = blocks.flatMap(({ text }) =>
    [...text.matchAll(/import \{ (.*?) \} from '@waymark\/trace-testing'/g)].flatMap(([, names = '']) => names.split(', ')),
  );
  expect(imported.filter((name) => !(name in plain))).toEqual([]);
  expect(imported).not.toEqual([]);
  const tree = blocks.find(({ text }) => text.includes('(any order)'))?.text ?? '';
  expect(parseTree(tree).items).toHaveLength(1);
  const [, expected = ''] = /toMatchTree\(`([^`]*)`/.exec(readme) ?? [];
  expect(matchTree(traceOf(otlp(order())), expected)).toMatchObject({ pass: false });
});

test('the README shows a real difference', () => {
  const shown = blocks.find(({ text }) => text.startsWith('- expected'))?.text ?? '';
  const expected = `
    gateway SERVER POST /v1/orders 201
      gateway CLIENT POST 201
        order SERVER POST /orders 409
          order CLIENT SELECT orders
          order CLIENT INSERT order
          order CLIENT COMMIT`;
  const { message } = matchTree(traceOf(otlp(order())), expected);
  expect(stripVTControlCharacters(message).split('\n').slice(2)).toEqual(shown.split('\n').slice(2));
});
