// Makes the mistakes in mutations.ts, one after the other, each in a copy of the shop. Prints whether the verdicts noticed them and named the cause, and writes the
// table to docs/verdicts.md. `pnpm sabotage inventory` makes only the mistakes with this word and writes nothing. VERBOSE=1 prints all verdicts.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judge, verdict, type Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { allTraces } from '../shop/all-traces.ts';
import { breakShop } from './break-shop.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';

const ROOT = join(import.meta.dirname, '../../..');
const QUIET_MS = 2_500;
const QUIET_AT_ONCE_MS = 800;
const LONGEST_MS = 20_000;
/** Judges the traces as if this much more time had passed, so that missing spans count as late. */
const LATER_MS = 15_000;

interface Result {
  readonly mutation: Mutation;
  readonly noticed: boolean;
  readonly named: boolean;
  readonly lines: readonly string[];
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const only = process.argv.slice(2).join(' ');
const chosen = MUTATIONS.filter(({ what }) => what.includes(only));
const HEAD = ['| mistake | noticed | cause named | what the verdict says |', '| --- | --- | --- | --- |'];

if (chosen.length > 0) {
  process.exitCode = (await sabotageEach()) ? 0 : 1;
} else {
  process.stderr.write(`No mistake has "${only}" in its name. Choose one of:\n${MUTATIONS.map(({ what }) => `  ${what}\n`).join('')}`);
  process.exitCode = 2;
}

/** Makes each mistake and prints its row. Returns whether the verdicts were good enough. */
async function sabotageEach(): Promise<boolean> {
  for (const line of HEAD) print(line);
  const results: Result[] = [];
  for (const mutation of chosen) {
    const result = await sabotaged(mutation);
    results.push(result);
    print(row(result));
    if (process.env['VERBOSE']) for (const line of result.lines) print(`    ${line}`);
  }
  const broken = results.filter(({ mutation }) => mutation.cause);
  const noticed = broken.filter((one) => one.noticed).length;
  const named = broken.filter((one) => one.named).length;
  const alarms = results.filter(({ mutation, noticed: found }) => !mutation.cause && found).length;
  const sum = `${noticed} of ${broken.length} noticed, ${named} with the right cause, ${alarms} false alarms`;
  print(`\n${sum}`);
  if (only === '') await write([...HEAD, ...results.map(row)], sum);
  return noticed === broken.length && named >= 0.9 * broken.length && alarms === 0;
}

function row({ mutation: { what, cause }, noticed: seen, named: right, lines }: Result): string {
  const line = lines.find((one) => cause?.test(one)) ?? lines[0] ?? '';
  const part = line.split('; ').find((one) => cause?.test(one)) ?? line;
  const said = part
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,32}\b/g, '…')
    .replaceAll(/unknown_service:\S+/g, 'unknown_service:…')
    .replaceAll('|', '\\|');
  return `| ${what} | ${seen ? 'yes' : 'no'} | ${cause ? (right ? 'yes' : 'no') : ''} | ${said} |`;
}

/** Replaces the table in docs/verdicts.md. */
async function write(rows: readonly string[], sum: string): Promise<void> {
  const page = join(ROOT, 'docs/verdicts.md');
  const text = await readFile(page, 'utf8');
  const [before = ''] = text.split('<!-- sabotage -->');
  await writeFile(page, `${before}<!-- sabotage -->\n\n${rows.join('\n')}\n\n${sum}\n`);
}

async function sabotaged(mutation: Mutation): Promise<Result> {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0 }), (one) => one.close());
  const judged = await breakShop(mutation, store, async () => {
    const traces = await whenQuiet(store.url, mutation.atOnce ? QUIET_AT_ONCE_MS : QUIET_MS);
    const nowMs = Date.now() + (mutation.atOnce ? 0 : LATER_MS);
    return traces.map((trace) => ({ trace, judgement: judge(trace, nowMs) }));
  });
  const lines = judged.flatMap(({ trace, judgement }) => {
    const { completeness, findings, outcome } = judgement;
    const isFine = completeness.state === 'complete' && findings.length === 0 && outcome.state === 'ok';
    if (isFine && completeness.by === 'manifest') return [];
    const missing = [...completeness.missing, ...completeness.lost].map((one) => `missing: ${one}`);
    return [verdict(trace, judgement), ...missing, ...findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)];
  });
  return { mutation, noticed: lines.length > 0, named: lines.some((line) => mutation.cause?.test(line)), lines };
}

/** All traces of the store, when no more spans have arrived for a while. */
async function whenQuiet(url: string, quietMs: number): Promise<readonly Trace[]> {
  const end = performance.now() + LONGEST_MS;
  let known = -1;
  let grew = performance.now();
  for (;;) {
    const traces = await allTraces(url);
    const spans = traces.reduce((sum, trace) => sum + trace.spans.length, 0);
    if (spans !== known) [known, grew] = [spans, performance.now()];
    if (performance.now() - grew > quietMs || performance.now() > end) return traces;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
