import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { order } from './testing/order.ts';
import { newTraceId, otlp, send } from './testing/spans.ts';

const here = fileURLToPath(new URL('..', import.meta.url));
const root = join(here, '../..');
const MINUTE = 60_000;
const traceId = newTraceId();
let directory: string;
let store: RunningTraceStore;

/** Runs a program to its end; gives what it wrote. Rejects with what it wrote when it fails. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, TRACES_URL: store.url };
  const { stdout } = await promisify(execFile)(program, args, { cwd, env }).catch((error: Error & { stdout?: string }) => {
    throw new Error(`${error.message}\n${error.stdout ?? ''}`, { cause: error });
  });
  return stdout;
}

const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);

/** TypeScript that is right when there is such a status. */
const expectation = (status: string): string =>
  `import { hasSpan, tracesFrom, type Trace } from '@waymark/trace-testing';
   const trace: Trace = await tracesFrom('http://localhost:16686').of(await fetch('http://localhost:8080'));
   hasSpan(trace, { status: '${status}' });`;

/** As a stranger gets it: compiled, packed, and installed in a folder that knows nothing of this one. */
beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  directory = await mkdtemp(join(tmpdir(), 'trace-testing-'));
  await run(join(here, '../trace-model'), 'pnpm', 'run', 'build');
  await run(here, 'pnpm', 'run', 'build');
  await run(here, 'pnpm', 'pack', '--pack-destination', directory);
  const [tarball = ''] = await readdir(directory);
  await write('package.json', '{ "private": true, "type": "module" }');
  await run(directory, 'pnpm', 'add', '--offline', '--ignore-workspace', `./${tarball}`);
  await send(store.otlpUrl, otlp(order(), { traceId }));
}, 2 * MINUTE);

afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

test(
  'the installed package is used from plain JavaScript',
  async () => {
    await write(
      'use.mjs',
      `import { test } from 'node:test';
       import { hasSpan, holds, holdsNot, matchTree, tracesFrom } from '@waymark/trace-testing';
       test('the order is traced', async () => {
         const trace = await tracesFrom(process.env.TRACES_URL).of('${traceId}');
         holds(matchTree(trace, 'gateway POST /v1/orders 201\\n  *'));
         holdsNot(hasSpan(trace, { service: 'auth' }));
       });`,
    );
    expect(await run(directory, process.execPath, '--test', '--test-reporter=tap', 'use.mjs')).toContain('# pass 1');
  },
  MINUTE,
);

test(
  'the installed command line runs',
  async () => {
    expect(await run(directory, join(directory, 'node_modules/.bin/trace'), 'verify', traceId)).toContain('complete: 5 spans');
  },
  MINUTE,
);

test(
  'the installed types are right',
  async () => {
    const tsc = [
      join(root, 'node_modules/.bin/tsc'),
      '--noEmit',
      '--strict',
      '--target',
      'es2024',
      '--lib',
      'es2024,dom',
      '--types',
      '',
      '--module',
      'nodenext',
    ];
    const check = (file: string): Promise<string> => run(directory, tsc[0] ?? '', ...tsc.slice(1), file);
    await write('right.ts', expectation('ERROR'));
    await write('wrong.ts', expectation('BROKEN'));
    await check('right.ts');
    await expect(check('wrong.ts')).rejects.toThrow(/'"BROKEN"' is not assignable/);
  },
  MINUTE,
);
