import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { describe, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { publicEntries, published, tarballOf, type Manifest } from './packages.ts';
import { run } from './run.ts';

const PACKED = process.env['PACKED'] ?? '';

describe.each(published)('$manifest.name', ({ folder, manifest }) => {
  const tarball = tarballOf(manifest);
  const data = readFile(join(PACKED, tarball));

  test('has what npm shows and what it needs, and nothing else', async () => {
    const files = (await run({ cwd: PACKED }, 'tar', '-tf', tarball)).trim().split('\n');
    const unexpected = files.filter(
      (file) => !/^package\/(dist\/.*|(pages|browser)\/.*|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file),
    );
    expect(unexpected).toEqual([]);
    expect(files.filter((file) => /\.test\.|\/(testing|fixtures)\//.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['package/README.md', 'package/CHANGELOG.md', 'package/LICENSE']));
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    expect([...readme.matchAll(/\]\((?!https:|#)([^)]*)\)/g)].map(([, link]) => link)).toEqual([]);
  });

  test('says where it comes from, and what it runs on', async () => {
    const packed = JSON.parse(await run({ cwd: PACKED }, 'tar', '-xOf', tarball, 'package/package.json')) as Manifest;
    expect(Object.keys(packed.exports)).toEqual(expect.arrayContaining([...publicEntries(manifest)]));
    expect(Object.keys(packed.exports).join()).not.toMatch(/testing|main/);
    expect(packed).toMatchObject({
      license: 'Apache-2.0',
      engines: { node: '>=22.13' },
      repository: { directory: expect.stringMatching(/^packages\//) },
    });
    expect(JSON.stringify(packed['dependencies'] ?? {})).not.toContain('workspace:');
  });

  test('publint finds nothing', async () => {
    const { buffer } = new Uint8Array(await data);
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('its types agree with its code in every way to import it', async () => {
    const { problems } = (await checkPackage(createPackageFromTarballData(new Uint8Array(await data)), {
      entrypoints: [...publicEntries(manifest)],
    })) as { problems: readonly object[] };
    expect(problems.filter((problem) => !isWanted(problem))).toEqual([]);
  });
});

interface Problem {
  readonly kind?: string;
  readonly entrypoint?: string;
  readonly resolutionKind?: string;
}

/**
 * `moduleResolution: node10` knows no `exports`: only the main entry could work, for TypeScript before 4.7.
 * Vitest itself has only ES modules.
 */
const isWanted = ({ kind, entrypoint, resolutionKind }: Problem): boolean =>
  resolutionKind === 'node10' || (kind === 'CJSResolvesToESM' && entrypoint === './vitest');
