import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { project, withProject } from './for-project.ts';
import { publicEntries, published, ROOT } from './packages.ts';
import { run } from './run.ts';

const TYPESCRIPT_6 = project('node_modules/.bin/tsc');
const TYPESCRIPT_7 = join(ROOT, 'node_modules/.bin/tsc');
const STRICT = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2024', '--types', 'node'];

/** How a project resolves imports; the compiler; the name of its file; the options of tsc. */
const SETTINGS = [
  ['nodenext, ES modules', TYPESCRIPT_7, 'all.mts', ['--module', 'nodenext']],
  ['nodenext, CommonJS', TYPESCRIPT_7, 'all.cts', ['--module', 'nodenext']],
  ['node16, CommonJS', TYPESCRIPT_7, 'all.cts', ['--module', 'node16']],
  ['bundler', TYPESCRIPT_7, 'all.ts', ['--module', 'preserve', '--moduleResolution', 'bundler']],
  ['node16, CommonJS, TypeScript 6', TYPESCRIPT_6, 'all.cts', ['--module', 'node16']],
] as const;

const entries = published.flatMap(({ manifest }) => publicEntries(manifest).map((entry) => manifest.name + entry.slice(1)));
const importing = (names: readonly string[]): string =>
  names.map((name, at) => `import * as entry${at} from '${name}';\nvoid entry${at};\n`).join('');

/** The errors that tsc reports. @types/koa 3.0.3 has one of its own: it expects older types of content-disposition than koa brings. */
async function errors(folder: string, tsc: string, ...options: readonly string[]): Promise<readonly string[]> {
  const output = await run({ cwd: project(folder) }, tsc, '--pretty', 'false', ...options).catch((error: Error) => error.message);
  return output
    .split('\n')
    .filter((line) => /error|failed/.test(line) && !/^Command failed|@types\/koa\/index\.d\.ts\(358,64\)/.test(line));
}

withProject('types, strict and without skipLibCheck', () => {
  beforeAll(async () => {
    await writeFile(project('consumer/all.mts'), importing(entries));
    await writeFile(project('consumer/all.ts'), importing(entries));
    // Vitest has only ES modules, so its matchers do, too.
    await writeFile(project('consumer/all.cts'), importing(entries.filter((name) => !name.endsWith('/vitest'))));
  });

  test.each(SETTINGS)('all entries: %s', async (_, tsc, file, options) => {
    expect(await errors('consumer', tsc, ...STRICT, ...options, file)).toEqual([]);
  });

  test('an import that does not exist is an error', async () => {
    await writeFile(project('consumer/wrong.mts'), "import { nothing } from '@waymark/trace-testing';\nvoid nothing;\n");
    expect(await errors('consumer', TYPESCRIPT_7, ...STRICT, '--module', 'nodenext', 'wrong.mts')).toEqual([
      expect.stringContaining("no exported member 'nothing'"),
    ]);
  });

  test.each([
    ['vitest', "import { expect } from 'vitest';"],
    ['ts-jest', ''],
    ['ts-jest-esm', "import { expect } from '@jest/globals';"],
    ['babel-jest', "import { expect } from '@jest/globals';"],
  ])('the matchers: %s', async (folder, globals) => {
    const wrong = `${globals}\n// @ts-expect-error -- there is no such status\nexpect({}).toHaveSpan({ status: 'BROKEN' });\n`;
    await writeFile(project('runners', folder, 'wrong.ts'), wrong);
    expect(await errors(`runners/${folder}`, TYPESCRIPT_7, '-p', '.', '--skipLibCheck', 'false')).toEqual([]);
  });
});
