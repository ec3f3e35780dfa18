import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FINDING_CODES, judge, settled, verify, type Settlement, type Trace } from '@waymark/trace-model';
import { UnsampledTraceError } from '@waymark/trace-testing';
import { EXAMPLES, type Example } from './examples.ts';
import { explained, linesOf } from './lines.ts';
import { otlp } from './otlp.ts';
import { traceCommand } from './trace-command.ts';
import { startWorld, type World } from './world.ts';

const ROOT = join(import.meta.dirname, '../../..');

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world[Symbol.asyncDispose]());

/** Each example is provoked once, by the first test that looks at it. */
const provoked = new Map<Example, Promise<Trace>>();
function traceOf(example: Example): Promise<Trace> {
  const trace = provoked.get(example) ?? example.provoke(world);
  provoked.set(example, trace);
  return trace;
}

const codes = (trace: Trace): string[] => verify(trace).map(({ code }) => code);
const nothing: Settlement = { settled: true, awaited: [], lost: [], undeclared: [], unknown: [] };
const titled = EXAMPLES.map((example) => [example.what, example] as const);

test.each(titled)('%s: this is found, and nothing else', async (_what, example) => {
  const trace = await traceOf(example);
  const { awaited, lost, undeclared, unknown } = codes(trace).includes('not-judged') ? nothing : settled(trace);
  expect({
    finds: new Set(codes(trace)),
    awaits: new Set([...awaited, ...lost].map(({ what }) => what)),
    undeclared,
    unknown: unknown.map(({ name }) => name),
  }).toEqual({
    finds: new Set(example.finds),
    awaits: new Set(example.awaits),
    undeclared: example.undeclared ?? [],
    unknown: example.unknown ?? [],
  });
});

test.each(titled)('%s: it is said of whom', async (_what, example) => {
  const heading = example.finds[0] ?? (explained(example) || (example.awaits?.[0] ?? ''));
  const [line] = linesOf(await traceOf(example), heading);
  expect(line).toContain(example.names);
});

test('an answer that was not sampled says so, instead of an empty trace', async () => {
  const answer = await fetch(`${world.kiosk}/fine`, { headers: { traceparent: `00-${'5f'.repeat(16)}-${'5f'.repeat(8)}-00` } });
  await expect(world.traces.of(answer)).rejects.toThrow(UnsampledTraceError);
});

const homemade = { traceId: '5f'.repeat(16), spanId: '5f'.repeat(8), name: 'stamp', kind: 'INTERNAL', startMs: 1, endMs: 2 } as const;

test.each([
  ['a trace id', { traceId: '5f0c9d3a7b1e4c2f' }, 'traceId should have 16 bytes, but has 8'],
  ['a span id', { spanId: '17' }, 'spanId should have 8 bytes, but has 1'],
])('%s that is malformed is met in files only: a trace backend refuses it', async (_what, ids, reason) => {
  const body = otlp('bureau', [{ ...homemade, ...ids }]);
  const answer = await fetch(`${world.store.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(reason)]);
});

test('the command line prints what is found as it is here', async () => {
  const traces = await Promise.all(EXAMPLES.filter(({ inNoStore }) => !inNoStore).map(traceOf));
  const printed = await traceCommand(['verify', '--url', world.store.url, ...traces.map(({ traceId }) => traceId)]);
  const lines = traces.flatMap((trace) => {
    const { awaited, lost } = settled(trace);
    const headings = [...judge(trace).findings.map(({ code }) => code), ...[...awaited, ...lost].map(({ what }) => what)];
    return headings.flatMap((heading) => linesOf(trace, heading));
  });
  expect(printed.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(lines));
});

/** What the union of `Awaited['what']` names, by its source: a union is gone when the program runs. */
async function awaitable(): Promise<string[]> {
  const source = await readFile(join(ROOT, 'packages/trace-model/src/settled.ts'), 'utf8');
  const [, union = ''] = /readonly what:([^;]+);/.exec(source) ?? [];
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, what]) => what!);
}

test('every rule has an example of its own, and so has everything that is awaited', async () => {
  expect(new Set(EXAMPLES.flatMap(({ finds }) => finds.slice(0, 1)))).toEqual(new Set(FINDING_CODES));
  expect(new Set(EXAMPLES.flatMap(({ awaits = [] }) => awaits))).toEqual(new Set(await awaitable()));
});

/** The sections of docs/verdicts.md by their heading, where that is a code. */
async function sections(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(join(ROOT, 'docs/verdicts.md'), 'utf8');
  const found = page.split(/^#{2,3} (?=[a-z-]+$)/m).slice(1);
  return new Map(found.map((section) => [section.slice(0, section.indexOf('\n')), section]));
}

test('docs/verdicts.md has a section for every rule and everything that is awaited, and for nothing else', async () => {
  const expected = [...FINDING_CODES, ...(await awaitable()), 'undeclared', 'unknown'];
  expect([...(await sections()).keys()].sort()).toEqual(expected.sort());
});

/** Ids, ports and times differ from run to run, and so does which of two roots came first: they have two clocks. */
const anyRun = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,32}\b/g, '…')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    .replaceAll(/\d[\d.,]* (ms|µs|s)\b/g, '… ms')
    .replace(/(?<= roots: ).*(?=\.$)/, (roots) => roots.split(', ').toSorted().join(', '));

test('docs/verdicts.md shows each as an example shows it', async () => {
  for (const [heading, section] of await sections()) {
    const of = EXAMPLES.filter(
      (example) => example.finds[0] === heading || example.awaits?.some((what) => what === heading) || explained(example) === heading,
    );
    const lines = (await Promise.all(of.map(async (example) => linesOf(await traceOf(example), heading)))).flat();
    const shown = /^```\n(.*)\n```$/m.exec(section)?.[1] ?? `${heading} shows nothing`;
    expect(lines.map(anyRun)).toContain(anyRun(shown));
  }
});
