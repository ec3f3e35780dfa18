import { describe, expect, test } from '@jest/globals';
import { manifestsIn, read } from './manifests.ts';
import { run } from './programs.ts';
import { GOLDEN } from './render.ts';
import { missing } from './tools.ts';

const FILES = [...GOLDEN.map((name) => `deploy/tests/golden/${name}.yaml`), 'deploy/trial/postgres.yaml', 'deploy/trial/jaeger.yaml'];

/** Each pod template of a file, as a pod. */
const podsIn = (file: string): { name: string; spec: object }[] =>
  manifestsIn(read(file)).flatMap(({ kind, metadata, spec }) =>
    spec?.template ? [{ name: `${kind} ${metadata.name}`, spec: spec.template.spec }] : [],
  );

const noCheck = missing('pod-security');

(noCheck ? describe.skip : describe)(`the Pod Security Standard "restricted"${noCheck}`, () => {
  test.each(FILES)('allows each pod of %s', (file) => {
    const pods = podsIn(file);
    expect(pods.length).toBeGreaterThan(0);
    expect(run('pod-security', [], JSON.stringify(pods))).toBe(pods.map(({ name }) => `${name}: allowed\n`).join(''));
  });

  test('forbids a pod that could become root', () => {
    const pods = podsIn('deploy/trial/jaeger.yaml').map(({ name, spec }) => ({ name, spec: { ...spec, securityContext: {} } }));
    expect(run('pod-security', [], JSON.stringify(pods))).toContain('Deployment jaeger: runAsNonRoot != true');
  });
});
