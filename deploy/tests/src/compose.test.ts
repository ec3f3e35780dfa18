import { expect, test } from '@jest/globals';
import { find, golden, manifestsIn, podOf, read, readYaml, SERVICES } from './manifests.ts';

interface ComposeService {
  environment: Record<string, string | number>;
  working_dir: string;
  mem_limit: string;
  stop_grace_period: string;
  ports?: string[];
}

const compose = (readYaml('docker-compose.yml') as { services: Record<string, ComposeService> }).services;
const manifests = golden('default');

/** Settings that differ, and why. */
const ONLY_IN_COMPOSE = {
  FAULTS_FILE: 'a cluster must not allow faults',
  PGPASSWORD: 'DATABASE_URL comes from a Secret, with its password',
};
const OTHER_VALUE = {
  LAME_DUCK_SECONDS: 'load balancers need time to learn that a pod stops',
};

/** The value of a variable in the compose file: its default, as `docker compose` would use it. */
const composed = (value: string | number): string => String(value).replace(/^\$\{[A-Z_]+:-(.*)\}$/, '$1');

/** The chart's names for hosts of the compose file. */
const inCompose = (value: string): string => value.replaceAll('http://waymark-', 'http://');

const isCompared = (key: string): boolean => !(key in ONLY_IN_COMPOSE) && !(key in OTHER_VALUE);

function environments(name: string): { inChart: Record<string, string>; inDocker: Record<string, string> } {
  const { env } = podOf(manifests, 'Deployment', `waymark-${name}`).containers[0];
  const secret = new Set(env.filter(({ valueFrom }) => valueFrom).map((one) => one.name));
  const chart = env.map(({ name: key, value = '' }) => [key, secret.has(key) ? 'a secret' : inCompose(value)] as const);
  const docker = Object.entries(compose[name]?.environment ?? {}).map(
    ([key, value]) => [key, secret.has(key) ? 'a secret' : composed(value)] as const,
  );
  return {
    inChart: Object.fromEntries(chart.filter(([key]) => isCompared(key))),
    inDocker: Object.fromEntries(docker.filter(([key]) => isCompared(key)).map(([key, value]) => [key, nestedDefault(value)])),
  };
}

/** `http://localhost:${JAEGER_PORT:-16686}` → `http://localhost:16686` */
const nestedDefault = (value: string): string => value.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');

test.each(SERVICES)('%s has the same environment in the chart and in compose', (name) => {
  const { inChart, inDocker } = environments(name);
  expect(inChart).toEqual(inDocker);
  expect(Object.keys(inChart)).toContain('INTERNAL_SECRET');
});

test.each(SERVICES)('%s has the same port, memory limit and folder in the chart and in compose', (name) => {
  const { ports = [], resources, workingDir } = podOf(manifests, 'Deployment', `waymark-${name}`).containers[0];
  const [port] = find(manifests, 'Service', `waymark-${name}`).spec?.ports ?? [];
  expect({
    port: String(ports.find((one) => one.name === 'http')?.containerPort),
    service: String(port?.port),
    memory: resources.limits['memory']?.replace('Mi', 'm'),
    workingDir,
  }).toEqual({
    port: String(compose[name]?.environment['PORT']),
    service: String(compose[name]?.environment['PORT']),
    memory: compose[name]?.mem_limit,
    workingDir: compose[name]?.working_dir,
  });
});

test('the chart runs the image that the Dockerfile builds: as its user, with its way to start', () => {
  const dockerfile = read('Dockerfile');
  expect(dockerfile).toMatch(/^USER node$/m);
  // So `args: [--migrate]` comes after it.
  expect(dockerfile).toMatch(/^ENTRYPOINT \[.*"src\/main\.ts"\]$/m);
  expect(dockerfile).not.toMatch(/^CMD/m);
});

/** The longest stop after the lame duck, in seconds: the sum of the limits in lifecycle.ts. */
function longestStop(): number {
  const text = read('packages/service-kit/src/lifecycle.ts');
  const seconds = (name: string): number =>
    Number(new RegExp(`^const ${name} = ([\\d_]+);`, 'm').exec(text)?.[1]?.replace('_', '')) / 1_000;
  // Two sets of connections are closed: to the database, and to other services.
  return seconds('DRAIN_MS') + seconds('DETACHED_MS') + 2 * seconds('CLOSE_MS') + seconds('EXPORT_MS');
}

test.each(SERVICES)('%s is not killed before its stop can end', (name) => {
  const pod = podOf(manifests, 'Deployment', `waymark-${name}`);
  const lameDuck = Number(pod.containers[0].env.find((one) => one.name === 'LAME_DUCK_SECONDS')?.value);
  expect(longestStop()).toBeGreaterThan(10);
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(lameDuck + longestStop() + 2);
  const inCompose = Number(compose[name]?.stop_grace_period.replace('s', ''));
  expect(inCompose).toBeGreaterThanOrEqual(Number(compose[name]?.environment['LAME_DUCK_SECONDS']) + longestStop() + 2);
});

/** The services that a service calls, as the catalogue declares. The end-to-end tests compare that with the traces. */
const calls = (name: string): string[] =>
  manifestsIn(read(`services/${name}/catalog-info.yaml`)).flatMap(({ kind, spec }) =>
    kind === 'Component' ? ((spec?.['consumesApis'] as string[] | undefined) ?? []) : [],
  );

test.each(SERVICES)('%s gets the addresses of the services that it calls', (name) => {
  const names = Object.keys(compose[name]?.environment ?? {}).map((key) => /^(AUTH|ORDER|INVENTORY)_URL$/.exec(key)?.[1]?.toLowerCase());
  expect(names.filter(Boolean)).toEqual(calls(name));
});

const component = 'app.kubernetes.io/component';

test.each(SERVICES)('the network of %s is open for the calls in the catalogue, and for no other', (name) => {
  const { ingress = [], egress = [], policyTypes } = find(manifests, 'NetworkPolicy', `waymark-${name}`).spec ?? {};
  const port = Number(compose[name]?.environment['PORT']);
  const to = egress.flatMap(({ to: peers = [] }) => peers.map(({ podSelector }) => podSelector?.matchLabels[component]));
  const from = ingress.flatMap(({ from: peers = [] }) => peers.map(({ podSelector }) => podSelector?.matchLabels[component]));
  expect(policyTypes).toEqual(['Ingress', 'Egress']);
  expect(new Set(to)).toEqual(new Set(calls(name)));
  expect(new Set(from)).toEqual(new Set(SERVICES.filter((caller) => calls(caller).includes(name))));
  // Without a peer, a port is open to everybody: the gateway, and metrics.
  const open = (rules: typeof ingress): number[] =>
    rules.filter((rule) => !rule.from && !rule.to).flatMap(({ ports }) => ports.map((one) => one.port));
  expect(open(ingress)).toEqual(name === 'gateway' ? [port, 9464] : [9464]);
  expect(open(egress)).toEqual([...(compose[name]?.environment['DATABASE_URL'] ? [5432] : []), 4318, 53, 53]);
});
