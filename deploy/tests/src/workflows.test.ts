import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { pathOf, read, readYaml } from './manifests.ts';
import { run } from './programs.ts';
import { CONFIGURATIONS } from './render.ts';
import { missing } from './tools.ts';

interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, { uses?: string; permissions?: Record<string, string>; 'timeout-minutes'?: number }>;
}

const workflows = readdirSync(pathOf('.github/workflows'));

describe.each(workflows)('the workflow %s', (file) => {
  const text = read(`.github/workflows/${file}`);
  const { permissions, jobs } = readYaml(`.github/workflows/${file}`) as Workflow;

  test('pins each action to a commit, and names its version', () => {
    const used = [...text.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, action]) => !action?.startsWith('./'));
    expect(
      used
        .filter(([, action = '', comment = '']) => !/@[0-9a-f]{40}$/.test(action) || !/^ # v\d+\.\d+\.\d+$/.test(comment))
        .map(([line]) => line),
    ).toEqual([]);
  });

  test('may only read, except in jobs that say what else they need', () => {
    expect(permissions).toEqual({ contents: 'read' });
  });

  test('gives up on a job that hangs', () => {
    expect(
      Object.entries(jobs)
        .filter(([, job]) => !job.uses && !job['timeout-minutes'])
        .map(([name]) => name),
    ).toEqual([]);
  });
});

const noActionlint = missing('actionlint');

(noActionlint ? describe.skip : describe)(`actionlint${noActionlint}`, () => {
  test('has no finding', () => {
    expect(run('actionlint', ['-oneline', ...workflows.map((file) => pathOf(join('.github/workflows', file)))])).toBe('');
  });
});

describe('set-image', () => {
  const DIGEST = `sha256:${'0a'.repeat(32)}`;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waymark-gitops-'));
    mkdirSync(join(folder, 'environments'));
    copyFileSync(pathOf('deploy/gitops/set-image'), join(folder, 'set-image'));
    copyFileSync(pathOf('deploy/gitops/environments/dev.yaml'), join(folder, 'environments/dev.yaml'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const setImage = (...args: string[]): string => run('bash', [join(folder, 'set-image'), ...args]);
  const dev = (): string => readFileSync(join(folder, 'environments/dev.yaml'), 'utf8');

  test.each(['3f2a91c', '1234567', '12e5'])('sets the tag %s and the digest of one environment, and nothing else', (tag) => {
    const before = dev().split('\n');
    expect(setImage('dev', tag, DIGEST)).toBe('');
    expect((parse(dev()) as { image: object }).image).toEqual({ tag, digest: DIGEST });
    expect(
      dev()
        .split('\n')
        .filter((line, at) => line !== before[at]),
    ).toHaveLength(2);
  });

  test.each([
    ['an unknown environment', ['live', '3f2a91c', DIGEST], 'There is no environment "live".'],
    ['no tag', ['dev', "x'; rm -rf /", DIGEST], 'is not a tag.'],
    ['no digest', ['dev', '3f2a91c', 'sha256:12'], '"sha256:12" is not a digest'],
  ])('changes nothing if it gets %s', (_, args, message) => {
    const before = dev();
    expect(setImage(...args)).toContain(message);
    expect(dev()).toBe(before);
  });
});

test('the chart is tested with the values of each environment', () => {
  const environments = readdirSync(pathOf('deploy/gitops/environments'));
  expect(Object.values(CONFIGURATIONS).flat()).toEqual(
    expect.arrayContaining(environments.map((file) => `deploy/gitops/environments/${file}`)),
  );
});
