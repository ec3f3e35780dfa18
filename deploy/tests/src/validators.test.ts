import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { find, golden, manifestsIn, pathOf, podOf, read, type Manifest } from './manifests.ts';
import { run } from './programs.ts';
import { GOLDEN } from './render.ts';
import { jsonSchemas } from './testing/json-schemas.ts';
import { CUSTOM, customResources, missing } from './tools.ts';

/** All manifests that a cluster gets. */
const APPLIED = [
  ...GOLDEN.map((name) => `deploy/tests/golden/${name}.yaml`),
  'deploy/gitops/applicationset.yaml',
  'deploy/trial/postgres.yaml',
  'deploy/trial/jaeger.yaml',
];
const files = APPLIED.map(pathOf);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-manifests-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Fields = Record<string, unknown>;

/** The default manifests with one change to a Deployment. */
function mutated(change: (pod: Fields, container: Fields) => void): string {
  const manifests = golden('default');
  const pod = podOf(manifests, 'Deployment', 'waymark-order') as unknown as Fields & { containers: [Fields] };
  change(pod, pod.containers[0]);
  return inYaml(manifests);
}

const inYaml = (manifests: readonly Manifest[]): string =>
  manifests.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');

const MISTAKES: [string, string, (pod: Fields, container: Fields) => void][] = [
  ['a field that does not exist', 'terminationGracePeriod', (pod) => (pod['terminationGracePeriod'] = 25)],
  ['a value of the wrong type', 'terminationGracePeriodSeconds', (pod) => (pod['terminationGracePeriodSeconds'] = 'soon')],
];

/** Writes a Deployment with a mistake into a file. */
function mistaken(change: (pod: Fields, container: Fields) => void): string {
  const file = join(folder, 'mistaken.yaml');
  writeFileSync(file, inYaml([find(manifestsIn(mutated(change)), 'Deployment', 'waymark-order')]));
  return file;
}

const noKubeconform = missing('kubeconform', 'kubernetes', ...CUSTOM);

(noKubeconform ? describe.skip : describe)(`kubeconform${noKubeconform}`, () => {
  const manifests = APPLIED.flatMap((file) => manifestsIn(read(file)));

  beforeAll(() => {
    for (const [path, schema] of jsonSchemas(manifests)) {
      mkdirSync(dirname(join(folder, 'schemas', path)), { recursive: true });
      writeFileSync(join(folder, 'schemas', path), JSON.stringify(schema));
    }
  });

  test('accepts all manifests', () => {
    expect(kubeconform(...files)).toContain(`Valid: ${manifests.length}, Invalid: 0, Errors: 0, Skipped: 0`);
  });

  test.each(MISTAKES)('rejects %s', (_, field, change) => {
    expect(kubeconform(mistaken(change))).toMatch(new RegExp(`^exit code 1\\n.*Deployment waymark-order is invalid.*${field}`));
  });
});

const kubeconform = (...paths: string[]): string =>
  run('kubeconform', [
    '-strict',
    '-summary',
    `-schema-location=${folder}/schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
    ...paths,
  ]);

const noValidate = missing('kubectl-validate', ...CUSTOM);

(noValidate ? describe.skip : describe)(`kubectl-validate${noValidate}`, () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'crds'));
    for (const file of customResources()) copyFileSync(file, join(folder, 'crds', basename(file)));
  });

  test('accepts all manifests', () => {
    expect(kubectlValidate(...files)).not.toContain('exit code');
  });

  test.each(MISTAKES)('rejects %s', (_, field, change) => {
    expect(kubectlValidate(mistaken(change))).toMatch(new RegExp(`^exit code 1\\n[^]*${field}`));
  });
});

const kubectlValidate = (...paths: string[]): string =>
  run('kubectl-validate', ['--version=1.30', `--local-crds=${folder}/crds`, ...paths]);

/** Findings of kube-score that stand, and why. */
const ACCEPTED = {
  'container-ephemeral-storage-request-and-limit': 'the root file system is read-only, and there is no volume',
  'container-image-pull-policy': 'a tag is a commit and never moves, and the digest can be set',
  'container-security-context-user-group-id':
    'the user `node` of the image is 1000, and low ids matter only to files that pods share with the node',
  'deployment-has-host-podantiaffinity': 'topology spread does it, and also balances',
};

const noScore = missing('kube-score');

(noScore ? describe.skip : describe)(`kube-score${noScore}`, () => {
  test.each(GOLDEN)('has no finding in %s that is not explained here', (configuration) => {
    // It does not know Rollouts, which have the pod template of a Deployment.
    const text = read(`deploy/tests/golden/${configuration}.yaml`)
      .replaceAll('apiVersion: argoproj.io/v1alpha1\nkind: Rollout', 'apiVersion: apps/v1\nkind: Deployment')
      .replaceAll('apiVersion: argoproj.io/v1alpha1\n    kind: Rollout', 'apiVersion: apps/v1\n    kind: Deployment');
    expect(kubeScore(text).filter((finding) => !Object.keys(ACCEPTED).some((id) => finding.endsWith(id)))).toEqual([]);
  });

  test.each(Object.keys(ACCEPTED))('still has the finding %s', (id) => {
    expect(kubeScore(read('deploy/tests/golden/default.yaml')).join('\n')).toContain(id);
  });

  const removed: [string, string, (pod: Fields, container: Fields) => void][] = [
    ['a readiness probe', 'pod-probes', (_, container) => delete container['readinessProbe']],
    ['a limit', 'container-resources', (_, container) => delete (container['resources'] as Fields)['limits']],
    ['a read-only file system', 'container-security-context-readonlyrootfilesystem', (_, container) => delete container['securityContext']],
    ['the tag of the image', 'container-image-tag', (_, container) => (container['image'] = 'ghcr.io/waymark/waymark')],
  ];

  test.each(removed)('finds that %s is missing', (_, finding, change) => {
    expect(kubeScore(mutated(change)).join()).toContain(finding);
  });

  test.each([
    ['NetworkPolicy', 'pod-networkpolicy'],
    ['PodDisruptionBudget', 'deployment-has-poddisruptionbudget'],
  ])('finds that a %s is missing', (kind, finding) => {
    expect(kubeScore(inYaml(golden('default').filter((one) => one.kind !== kind))).join()).toContain(finding);
  });
});

/** What kube-score finds. CPU limits are left out: they would slow a pod down while the node is idle. The requests share the CPU. */
function kubeScore(text: string): string[] {
  const answer = run('kube-score', ['score', '--ignore-container-cpu-limit', '--output-format=json', '-'], text);
  const scored = JSON.parse(answer.replace(/^exit code 1\n/, '')) as {
    object_name: string;
    checks: { check: { id: string }; grade: number; skipped: boolean }[];
  }[];
  return scored.flatMap(({ object_name: object, checks }) =>
    checks.filter(({ grade, skipped }) => !skipped && grade < 10).map(({ check }) => `${object} ${check.id}`),
  );
}
