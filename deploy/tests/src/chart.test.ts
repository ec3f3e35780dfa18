import { describe, expect, test } from '@jest/globals';
import { find, golden, pathOf, podOf, read, readYaml, SERVICES } from './manifests.ts';
import { run } from './programs.ts';
import { CONFIGURATIONS, GOLDEN, render } from './render.ts';
import { missing } from './tools.ts';
import { readmeWithValues, values } from './values-table.ts';

interface Schema {
  $defs: { service: { properties: { env: { propertyNames: { not: { enum: string[] } } } } } };
}

interface Values {
  services?: Record<string, { env?: Record<string, string> }>;
}

test('the README lists each value with its default and meaning', () => {
  expect(read('deploy/chart/README.md')).toBe(readmeWithValues());
  expect(values().filter(({ description }) => description.length < 8)).toEqual([]);
});

const noHelm = missing('helm');

(noHelm ? describe.skip : describe)(`helm${noHelm}`, () => {
  test('lints the chart without a warning', () => {
    const said = run('helm', ['lint', '--strict', '--quiet', pathOf('deploy/chart')]);
    expect(said).not.toContain('exit code');
  });

  test.each(GOLDEN)('makes what golden/%s.yaml says (pnpm --filter @waymark/deploy-tests run write)', (configuration) => {
    expect(render(configuration)).toBe(read(`deploy/tests/golden/${configuration}.yaml`));
  });

  test.each(Object.keys(CONFIGURATIONS))('gives each object of %s the namespace of the release', (configuration) => {
    const text = render(configuration);
    expect(text.match(/^ {2}namespace: waymark$/gm)).toHaveLength(text.match(/^kind: /gm)?.length ?? 0);
  });

  test.each([
    ['a value that does not exist', '--set=gatway.replicas=2', 'gatway'],
    ['no pods', '--set=services.order.replicas=0', '/services/order/replicas'],
    ['an environment variable that the chart sets', '--set=services.order.env.PORT=1', '/services/order/env'],
    ['an environment variable that is no string', '--set=services.order.env.JOB_MAX_ATTEMPTS=3', '/services/order/env/JOB_MAX_ATTEMPTS'],
    ['an incomplete digest', '--set=image.digest=sha256:12', '/image/digest'],
    ['an Ingress without a host', '--set=ingress.enabled=true', '/ingress/host'],
    ['an HTTPRoute without a Gateway', '--set=httpRoute.enabled=true', '/httpRoute/parentRefs'],
    ['a lame duck that a service would reject', '--set=lameDuckSeconds=11', '/lameDuckSeconds'],
  ])('rejects %s, and names it', (_, option, name) => {
    expect(render('default', option)).toMatch(new RegExp(`^exit code 1\\n.*values don't meet the specifications[^]*${name}`));
  });
});

test.each(GOLDEN)('nobody can set again, with services.*.env, what the chart sets in %s', (configuration) => {
  const { $defs } = JSON.parse(read('deploy/chart/values.schema.json')) as Schema;
  const refused = new Set($defs.service.properties.env.propertyNames.not.enum);
  const files = ['deploy/chart/values.yaml', ...(CONFIGURATIONS[configuration] ?? [])];
  const given = files.flatMap((file) =>
    Object.values((readYaml(file) as Values).services ?? {}).flatMap(({ env = {} }) => Object.keys(env)),
  );
  const containers = golden(configuration).flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  const set = new Set(containers.flatMap(({ env }) => env.map(({ name }) => name)));
  // Only the user knows how many proxies there are.
  for (const name of ['TRUST_PROXY', ...given]) set.delete(name);
  expect([...set].filter((name) => !refused.has(name))).toEqual([]);
});

test.each(SERVICES)('no pod of %s has a token for the API of Kubernetes', (name) => {
  const pod = podOf(golden('default'), 'Deployment', `waymark-${name}`);
  const account = find(golden('default'), 'ServiceAccount', pod.serviceAccountName);
  expect([pod.automountServiceAccountToken, account.automountServiceAccountToken]).toEqual([false, false]);
});

test.each(['auth', 'order', 'inventory'])('the database of %s is migrated before an install or upgrade, by the same image', (name) => {
  const manifests = golden('default');
  const job = find(manifests, 'Job', `waymark-migrate-${name}`);
  const [migrating, running] = [podOf(manifests, 'Job', `waymark-migrate-${name}`), podOf(manifests, 'Deployment', `waymark-${name}`)].map(
    ({ containers: [one] }) => one,
  );
  expect(job.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
  expect(migrating).toMatchObject({ args: ['--migrate'], image: running?.image, workingDir: running?.workingDir, env: running?.env });
});

test('what a migration needs on the first install is there before it', () => {
  const manifests = golden('default');
  const hooks = manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
  const account = podOf(manifests, 'Job', 'waymark-migrate-order').serviceAccountName;
  expect(find(hooks, 'ServiceAccount', account).metadata.annotations?.['helm.sh/hook-weight']).toBe('-1');
  expect(find(hooks, 'NetworkPolicy', 'waymark-migrations').metadata.annotations?.['helm.sh/hook-weight']).toBe('-1');
});
