import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real Jaeger that holds traces in memory. */
export interface Jaeger extends AsyncDisposable {
  readonly url: string;
  readonly otlpUrl: string;
}

/** Starts this binary of Jaeger 2 on free ports; resolves once it answers. */
export async function startJaeger(binary: string): Promise<Jaeger> {
  const directory = await mkdtemp(join(tmpdir(), 'jaeger-'));
  const [query, grpc, otlp] = await Promise.all([freePort(), freePort(), freePort()]);
  await writeFile(join(directory, 'jaeger.yaml'), config(query, grpc, otlp));
  const process = spawn(binary, ['--config', join(directory, 'jaeger.yaml')], { stdio: 'ignore' });
  const exited = once(process, 'exit');
  const url = `http://127.0.0.1:${query}`;
  const answers = (): Promise<boolean> =>
    fetch(`${url}/api/services`).then(
      (answer) => answer.ok,
      () => false,
    );
  while (!(await answers())) {
    if (process.exitCode !== null) throw new Error(`${binary} ended before it answered`);
    await sleep(50);
  }
  return {
    url,
    otlpUrl: `http://127.0.0.1:${otlp}`,
    async [Symbol.asyncDispose]() {
      // It holds all in memory and would take its time to go.
      process.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const config = (query: number, grpc: number, otlp: number): string => `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines: { traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] } }
  telemetry: { metrics: { level: none }, logs: { level: error } }
extensions:
  jaeger_storage: { backends: { newest: { memory: { max_traces: 10000 } } } }
  jaeger_query: { storage: { traces: newest }, http: { endpoint: 127.0.0.1:${query} }, grpc: { endpoint: 127.0.0.1:${grpc} } }
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${otlp} } } } }
exporters: { jaeger_storage_exporter: { trace_storage: newest } }
`;
