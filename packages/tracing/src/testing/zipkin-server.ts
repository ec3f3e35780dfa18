import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts a Zipkin server with storage in memory on a free port. `jar` is zipkin-server's executable jar. */
export async function startZipkin(jar: string): Promise<{ origin: string } & AsyncDisposable> {
  const env = { ...process.env, QUERY_PORT: '0', STORAGE_TYPE: 'mem' };
  const server = spawn('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-jar', jar], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill();
    await exited;
  };
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /Serving HTTP at .*:(\d+)\/?$/.exec(line)?.[1];
    if (!port) continue;
    // Later output is not needed, but must be consumed.
    server.stdout.resume();
    return { origin: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
  }
  throw new Error(`${jar} ended without printing its port. Is it the executable jar, and is Java 17 or newer installed?`);
}
