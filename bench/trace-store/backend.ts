import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { realJaeger } from '@waymark/trace-store/testing';

/** A backend to measure. */
export interface Backend {
  readonly otlpUrl: string;
  /** The process id, if the benchmark started the backend on this machine. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** Starts the trace store in its own process, with enough memory for all spans. */
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

/** Opens the Jaeger that the environment names. */
export const startJaeger = (): Promise<Backend> => realJaeger(process.env);
