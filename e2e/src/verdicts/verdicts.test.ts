import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FINDING_CODES, judge, settled, verify, type Settlement, type Trace } from '@waymark/trace-model';
import { UnsampledTraceError } from '@waymark/trace-testing';
import { EXAMPLES, type Example } from './examples.ts';
import { startFixture, type Fixture } from './fixture.ts';
import { explained, linesOf } from './lines.ts';
import { otlp } from './otlp.ts';
import { traceCommand } from './trace-command.ts';

const ROOT = join(import.meta.dirname, '../../..');

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(async () => fixture[Symbol.asyncDispose]());

/** Each example runs once, in the first test that needs it. */
const traces = new Map<Example, Promise<Trace>>();
function traceOf(example: Example): Promise<Trace> {
  const trace = traces.get(example) ?? example.breakTrace(fixture);
  traces.set(example, trace);
  return trace;
}

const codes = (trace: Trace): string[] => verify(trace).map(({ code }) => code);
const nothing: Settlement = { settled: true, awaited: [], lost: [], undeclared: [], unknown: [] };
const titled = EXAMPLES.map((example) => [example.what, example] as const);

test.each(titled)('%s: exactly the expected findings', async (_what, example) => {
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

test.each(titled)('%s: the message names service and span', async (_what, example) => {
  const heading = example.finds[0] ?? (explained(example) || (example.awaits?.[0] ?? ''));
  const [line] = linesOf(await traceOf(example), heading);
  expect(line).toContain(example.names);
});

test('waiting for an unsampled trace fails at once', async () => {
  const answer = await fetch(`${fixture.frontend}/ok`, { headers: { traceparent: `00-${'5f'.repeat(16)}-${'5f'.repeat(8)}-00` } });
  await expect(fixture.traces.of(answer)).rejects.toThrow(UnsampledTraceError);
});

const handmade = { traceId: '5f'.repeat(16), spanId: '5f'.repeat(8), name: 'work', kind: 'INTERNAL', startMs: 1, endMs: 2 } as const;

test.each([
  ['a trace id', { traceId: '5f0c9d3a7b1e4c2f' }, 'traceId should have 16 bytes, but has 8'],
  ['a span id', { spanId: '17' }, 'spanId should have 8 bytes, but has 1'],
])('a trace backend rejects %s that is malformed', async (_what, ids, reason) => {
  const body = otlp('foreign', [{ ...handmade, ...ids }]);
  const answer = await fetch(`${fixture.store.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(reason)]);
});

test('the command line prints the same lines', async () => {
  const traces = await Promise.all(EXAMPLES.filter(({ notInStore }) => !notInStore).map(traceOf));
  const printed = await traceCommand(['verify', '--url', fixture.store.url, ...traces.map(({ traceId }) => traceId)]);
  const lines = traces.flatMap((trace) => {
    const { awaited, lost } = settled(trace);
    const headings = [...judge(trace).findings.map(({ code }) => code), ...[...awaited, ...lost].map(({ what }) => what)];
    return headings.flatMap((heading) => linesOf(trace, heading));
  });
  expect(printed.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(lines));
});

/** The members of the union `Awaited['what']`, read from the source because types do not exist at run time. */
async function awaitable(): Promise<string[]> {
  const source = await readFile(join(ROOT, 'packages/trace-model/src/settled.ts'), 'utf8');
  const [, union = ''] = /readonly what:([^;]+);/.exec(source) ?? [];
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, what]) => what!);
}

test('every finding and everything that can be awaited has an example', async () => {
  expect(new Set(EXAMPLES.flatMap(({ finds }) => finds.slice(0, 1)))).toEqual(new Set(FINDING_CODES));
  expect(new Set(EXAMPLES.flatMap(({ awaits = [] }) => awaits))).toEqual(new Set(await awaitable()));
});

/** The sections of docs/verdicts.md whose headings are codes, by heading. */
async function sections(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(join(ROOT, 'docs/verdicts.md'), 'utf8');
  const found = page.split(/^#{2,3} (?=[a-z-]+$)/m).slice(1);
  return new Map(found.map((section) => [section.slice(0, section.indexOf('\n')), section]));
}

test('docs/verdicts.md has exactly one section for every finding and everything that can be awaited', async () => {
  const expected = [...FINDING_CODES, ...(await awaitable()), 'undeclared', 'unknown'];
  expect([...(await sections()).keys()].sort()).toEqual(expected.sort());
});

/** Replaces ids, ports and times, which differ between runs. Sorts roots, whose order depends on two clocks. */
const anyRun = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,32}\b/g, '…')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    .replaceAll(/\d[\d.,]* (ms|µs|s)\b/g, '… ms')
    .replace(/(?<= roots: ).*(?=\.$)/, (roots) => roots.split(', ').toSorted().join(', '));

test('the lines in docs/verdicts.md are those of the examples', async () => {
  for (const [heading, section] of await sections()) {
    const of = EXAMPLES.filter(
      (example) => example.finds[0] === heading || example.awaits?.some((what) => what === heading) || explained(example) === heading,
    );
    const lines = (await Promise.all(of.map(async (example) => linesOf(await traceOf(example), heading)))).flat();
    const shown = /^```\n(.*)\n```$/m.exec(section)?.[1] ?? `${heading} shows nothing`;
    expect(lines.map(anyRun)).toContain(anyRun(shown));
  }
});
