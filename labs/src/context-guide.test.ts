import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { labFolders } from './labs.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/context.md');
const page = await readFile(PAGE, 'utf8');

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

/** Next to this file, so that the programs find the packages. */
let folder: string;
let store: RunningTraceStore;
beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  folder = await mkdtemp(join(import.meta.dirname, 'guide-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await store.close();
});

const programs = blocks('ts').map((program, at): [number, string, string] => [at + 1, program, blocks('text')[at] ?? '']);

test.each(programs)('program %i prints what the page shows', async (number, program, shown) => {
  const file = join(folder, `program-${number}.ts`);
  await writeFile(file, program);
  const args = ['--disable-warning=ExperimentalWarning', '--import', '@waymark/tracing/register', file];
  const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } });
  expect(stdout).toBe(shown);
});

const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

test.each(commands)(
  '%s',
  async (command) => {
    // Runs the script without pnpm, which takes time to start.
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const [, script = '', args = ''] = /^npx -y pnpm@12 (\w+) (.*)$/.exec(command) ?? [];
    const [program = '', ...given] = `${scripts[script]} ${args}`.split(' ');
    expect(program).toBe('node');
    const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, TRACES_URL: store.url };
    const { stdout } = await run(process.execPath, given, { cwd: ROOT, env, maxBuffer: 16_000_000, timeout: 110_000 });
    expect(stdout).not.toBe('');
    expectBothSides(stdout, script === 'lab' ? args.split(' ').length : 0);
  },
  120_000,
);

/** Expects that one side of each lab is broken and one is not. */
function expectBothSides(stdout: string, labs: number): void {
  expect(stdout.match(/^Nothing is lost\.$/gm)?.length ?? 0).toBe(labs);
  expect(stdout.match(/^Explanation: /gm)?.length ?? 0).toBe(labs);
  expect(stdout.split(`${store.url}/trace/`).length - 1).toBeGreaterThanOrEqual(labs);
}

test('the guide runs and links every lab', () => {
  const run = commands.flatMap((command) => / lab (.*)$/.exec(command)?.[1]?.split(' ') ?? []).map(Number);
  expect(run.toSorted((a, b) => a - b)).toEqual(labFolders.map((name) => Number.parseInt(basename(name), 10)));
  for (const name of labFolders) expect(page).toContain(`(../labs/${basename(name)})`);
});

test('the targets of all links in the guide exist', () => {
  for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)\)/g))
    expect([target, existsSync(join(dirname(PAGE), target))]).toEqual([target, true]);
});
