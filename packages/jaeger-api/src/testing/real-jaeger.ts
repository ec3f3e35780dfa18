import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A Jaeger to compare with. */
export interface RealJaeger {
  readonly url: string;
  readonly otlpUrl: string;
  /** The process, if it was started here. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** Whether the environment names a Jaeger: `JAEGER_BINARY`, or `JAEGER_URL` and `JAEGER_OTLP_URL` of one that runs and is empty. */
export const jaegerIsAvailable = (env: NodeJS.ProcessEnv): boolean =>
  Boolean(env['JAEGER_BINARY'] ?? (env['JAEGER_URL'] && env['JAEGER_OTLP_URL']));

/** Starts the Jaeger that the environment names, or takes the running one. */
export async function realJaeger(env: NodeJS.ProcessEnv): Promise<RealJaeger> {
  const { JAEGER_BINARY: binary, JAEGER_URL: url = '', JAEGER_OTLP_URL: otlpUrl = '' } = env;
  if (binary === undefined) return { url, otlpUrl, pid: undefined, stop: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'jaeger-'));
  const [query, grpc, otlp, health] = await freePorts(4);
  const config = join(directory, 'jaeger.yaml');
  await writeFile(config, jaegerConfig(query as number, grpc as number, otlp as number, health as number));
  const child = spawn(binary, ['--config', config], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true });
  };
  await answers(`http://127.0.0.1:${query}/api/services`, () => child.exitCode === null);
  return { url: `http://127.0.0.1:${query}`, otlpUrl: `http://127.0.0.1:${otlp}`, pid: child.pid, stop };
}

async function answers(url: string, alive: () => boolean): Promise<void> {
  while (
    !(await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (!alive()) throw new Error('Jaeger ended before it answered');
    await setTimeout(50);
  }
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

const jaegerConfig = (query: number, grpc: number, otlp: number, health: number): string => `
service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines: { traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] } }
  telemetry: { metrics: { level: none }, logs: { level: error } }
extensions:
  jaeger_storage: { backends: { newest: { memory: { max_traces: 100000 } } } }
  jaeger_query:
    storage: { traces: newest }
    http: { endpoint: 127.0.0.1:${query} }
    grpc: { endpoint: 127.0.0.1:${grpc} }
  healthcheckv2: { use_v2: true, http: { endpoint: 127.0.0.1:${health} } }
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${otlp} } } } }
exporters: { jaeger_storage_exporter: { trace_storage: newest } }
`;
