import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startChild, type Child } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing/until';
import { CannotRun } from '../attack/attack.ts';

const CONFIGURATIONS = join(import.meta.dirname, '../../deploy/collector');
const STOP_MS = 30_000;

export interface Collectors extends AsyncDisposable {
  /** The OTLP/HTTP endpoints. */
  urls: readonly string[];
}

/** How a collector samples, as variables of deploy/collector/collector.yaml. */
export type Sampling = Readonly<Record<'DECISION_WAIT' | 'SLOW_MS' | 'SHARE_PERCENT', string>>;

/** The Collector's program: OTELCOL, or `otelcol` in the PATH. */
const program = (): string => process.env['OTELCOL'] || 'otelcol';

/** The variables of all configurations, with values that need no real server. */
const EXAMPLE = {
  COLLECTORS: '[collector-1:14317, collector-2:14317]',
  BACKEND: 'jaeger:4317',
  KAFKA: '[kafka:9092]',
  OPENSEARCH: '[http://opensearch:9200]',
  OPENSEARCH_USER: 'waymark',
  OPENSEARCH_PASSWORD: 'secret',
  CASSANDRA: '[cassandra:9042]',
  CASSANDRA_USER: 'waymark',
  CASSANDRA_PASSWORD: 'secret',
  CLICKHOUSE: '[clickhouse:9000]',
  CLICKHOUSE_USER: 'waymark',
  CLICKHOUSE_PASSWORD: 'secret',
};

/** The configurations of the Collector: files that are read one after the other. */
export const COLLECTOR_FILES = [['collector.yaml'], ['collector.yaml', 'to-kafka.yaml']] as const;

const STORAGES = ['badger', 'opensearch', 'cassandra', 'clickhouse'].map((name) => `jaeger/${name}.yaml`);
/** The configurations of Jaeger. */
export const JAEGER_FILES: readonly (readonly string[])[] = [
  ...STORAGES.map((file) => ['jaeger/jaeger.yaml', file]),
  ...STORAGES.map((file) => ['jaeger/jaeger.yaml', file, 'jaeger/from-kafka.yaml']),
];

/** The path of a configuration. */
export const fileOf = (name: string): string => join(CONFIGURATIONS, name);

/**
 * Lets a program check a configuration.
 * @throws {CannotRun} if there is no such program
 * @throws {Error} with what is wrong
 */
export async function validate(binary: string, files: readonly string[]): Promise<void> {
  const args = files.flatMap((file) => ['--config', fileOf(file)]);
  try {
    await promisify(execFile)(binary, ['validate', ...args], { env: { ...process.env, ...EXAMPLE } });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(binary);
    throw new Error(`${files.join(' and ')}: ${(error as { stderr?: string }).stderr ?? String(error)}`, { cause: error });
  }
}

/** Checks the Collector's configurations with the Collector. */
export const validateCollectors = async (): Promise<void> =>
  void (await Promise.all(COLLECTOR_FILES.map((files) => validate(program(), files))));

/** Starts Collectors that share the traces among them and export what they keep. Resolves when they are ready. */
export async function startCollectors(count: number, backend: string, sampling: Sampling): Promise<Collectors> {
  const ports = await Promise.all(Array.from({ length: count }, async () => ({ http: await freePort(), peers: await freePort() })));
  const all = ports.map(({ peers }) => `127.0.0.1:${peers}`).join(', ');
  const children: Child[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(children.map((child) => child.stop('SIGTERM', STOP_MS))));
  await using undo = new AsyncDisposableStack();
  undo.defer(stop);
  for (const { http, peers } of ports) {
    const health = await freePort();
    const env = {
      ...process.env,
      ...sampling,
      COLLECTORS: `[${all}]`,
      BACKEND: backend,
      HTTP: `127.0.0.1:${http}`,
      GRPC: `127.0.0.1:${await freePort()}`,
      PEERS: `127.0.0.1:${peers}`,
      HEALTH: `127.0.0.1:${health}`,
    };
    const args = ['--config', fileOf('collector.yaml')];
    const child = startChild(program(), args, { cwd: '/', env, guardSignal: 'TERM' });
    children.push(child);
    if (child.pid === undefined) throw missing(program());
    await untilHealthy('a Collector', child, `http://127.0.0.1:${health}`);
  }
  undo.move();
  return { urls: ports.map(({ http }) => `http://127.0.0.1:${http}`), [Symbol.asyncDispose]: stop };
}

/** Resolves when a program says that it is healthy. @throws {Error} with what it printed if it ends first */
export async function untilHealthy(what: string, child: Child, url: string): Promise<void> {
  const isHealthy = async (): Promise<boolean> => {
    if (!child.isRunning()) throw new Error(`${what} ${await child.ended}: ${child.lines().join('\n')}`);
    return (await fetch(url).catch(() => undefined))?.ok ?? false;
  };
  await until(isHealthy, Boolean, `${what} to be ready`, 60_000);
}

const missing = (binary: string): CannotRun =>
  new CannotRun(
    `There is no program ${binary}. deploy/collector/README.md says how to build the Collector; then set OTELCOL to its path, or add it to the PATH`,
  );
