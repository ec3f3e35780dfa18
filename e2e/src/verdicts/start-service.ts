import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A service in its own process. */
export interface Service extends AsyncDisposable {
  readonly url: string;
}

const FAULTY_SERVICE = join(import.meta.dirname, 'faulty-service.ts');
const WRONG_CLOCK = new URL('../../attack/wrong-clock.ts', import.meta.url).href;
const SLOW_BY_MS = 5_000;

/** Starts `faulty-service.ts` with tracing and this environment. Resolves when it listens. */
export function startFaultyService(env: Record<string, string>, { slowClock = false } = {}): Promise<Service> {
  const preloads = [...(slowClock ? [WRONG_CLOCK] : []), '@waymark/tracing/register'].flatMap((name) => ['--import', name]);
  return startService(process.execPath, [...preloads, FAULTY_SERVICE], { ...env, ...(slowClock && { WRONG_BY_MS: String(-SLOW_BY_MS) }) });
}

/** Starts a service and resolves when it has printed its port. It must end when stdin closes, so that it never outlives this process. */
export async function startService(command: string, args: readonly string[], env: Record<string, string>): Promise<Service> {
  // Without a service name, the SDK uses the name of the command. Here this would be a path.
  const name = command === process.execPath ? { argv0: 'node' } : {};
  const child = spawn(command, args, {
    cwd: import.meta.dirname,
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    ...name,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`${command} exited with code ${code} before it listened`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
