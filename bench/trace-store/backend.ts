import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { realJaeger } from '@waymark/trace-store/testing';

/** A backend to measure. */
export interface Backend {
  readonly otlpUrl: string;
  /** Its process, when it is on this machine and was started here. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** The trace store in a process of its own, with room for everything that is sent. */
export async function startTraceStore(): Promise<Backend> {
  const main = fileURLToPath(import.meta.resolve('@waymark/trace-store/main'));
  const child = spawn(process.execPath, [main, '--otlp-port', '0', '--ui-port', '0', '--memory-mb', '2000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let otlpUrl: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    otlpUrl = /^OTLP\/HTTP\s+(\S+)$/.exec(line)?.[1];
    if (otlpUrl !== undefined) break;
  }
  if (otlpUrl === undefined) throw new Error('the trace store did not start');
  const stop = async (): Promise<void> => {
    child.kill();
    await once(child, 'exit');
  };
  return { otlpUrl, pid: child.pid, stop };
}

/** The Jaeger that the environment names. */
export const startJaeger = (): Promise<Backend> => realJaeger(process.env);
