import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manifestsIn, pathOf, read, type Manifest, type PodSpec } from './manifests.ts';
import { GOLDEN } from './render.ts';
import { startControlPlane, type ControlPlane } from './testing/control-plane.ts';
import { CONTROL_PLANE, CUSTOM, customResources, missing } from './tools.ts';

const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata:
  name: waymark
  labels: { pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted }
`;

/** Every file that guides tell people to apply to the namespace of the shop. */
const FILES = [...GOLDEN.map((name) => `deploy/tests/golden/${name}.yaml`), 'deploy/trial/postgres.yaml', 'deploy/trial/jaeger.yaml'];

/** The pods that a file's Deployments, jobs and so on make. */
const podsIn = (file: string): { name: string; spec: PodSpec }[] =>
  manifestsIn(read(file)).flatMap(({ kind, metadata, spec }) => {
    if (!spec?.template) return [];
    const claims = (spec['volumeClaimTemplates'] ?? []) as Manifest[];
    const volumes = claims.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } }));
    const pod = spec.template.spec;
    return [{ name: `${kind} ${metadata.name}`, spec: { ...pod, volumes: [...(pod.volumes ?? []), ...volumes] } }];
  });

const asPod = (spec: object): string => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec });

const noCluster = missing(...Object.keys(CONTROL_PLANE), ...CUSTOM);

(noCluster ? describe.skip : describe)(`the API server of a cluster${noCluster}`, () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane();
    cluster.kubectl(['apply', '--server-side', ...customResources().map((file) => `--filename=${file}`)]);
    cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
    cluster.kubectl(['apply', '--filename=-'], NAMESPACE);
    // In a cluster, a controller makes it for each namespace.
    cluster.kubectl(['create', 'serviceaccount', 'default', '--namespace=waymark']);
  });
  afterAll(async () => cluster[Symbol.asyncDispose]());

  test.each(FILES)('stores each object of %s, without a warning', (file) => {
    // As Helm does with the jobs of an earlier upgrade: the template of a job cannot change.
    cluster.kubectl(['delete', 'jobs', '--all', '--namespace=waymark']);
    const said = cluster.kubectl([
      'apply',
      '--server-side',
      '--force-conflicts',
      '--warnings-as-errors',
      '--namespace=waymark',
      `--filename=${pathOf(file)}`,
    ]);
    expect(
      said
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith('serverside-applied')),
    ).toEqual([]);
    expect(said.trim().split('\n')).toHaveLength(manifestsIn(read(file)).length);
  });

  test.each(FILES.flatMap((file) => podsIn(file).map(({ name, spec }) => [name, file, spec] as const)))(
    'admits the pods of %s in %s to a restricted namespace',
    (_, __, spec) => {
      expect(cluster.kubectl(['create', '--dry-run=server', '--namespace=waymark', '--filename=-'], asPod(spec))).toBe(
        'pod/one created (server dry run)\n',
      );
    },
  );

  test('rejects a pod that could become root', () => {
    const [pod] = podsIn('deploy/tests/golden/default.yaml');
    const said = cluster.kubectl(
      ['create', '--dry-run=server', '--namespace=waymark', '--filename=-'],
      asPod({ ...pod?.spec, securityContext: { runAsUser: 0 } }),
    );
    expect(said).toContain('violates PodSecurity "restricted');
  });
});
