import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A service in a process of its own. */
export interface Program extends AsyncDisposable {
  readonly url: string;
}

const KIOSK = join(import.meta.dirname, 'kiosk.ts');
const SLOW_CLOCK = new URL('slow-clock.ts', import.meta.url).href;

/** Starts a kiosk with tracing, in this environment, and resolves when it listens. */
export function startProgram(env: Record<string, string>, { slowClock = false } = {}): Promise<Program> {
  const preloads = [...(slowClock ? [SLOW_CLOCK] : []), '@waymark/tracing/register'].flatMap((name) => ['--import', name]);
  return startService(process.execPath, [...preloads, KIOSK], env);
}

/** Starts a service that prints its port, and resolves when it has. It ends with this process at the latest, as its stdin does. */
export async function startService(command: string, args: readonly string[], env: Record<string, string>): Promise<Program> {
  // Without a service name, Node's SDK takes the name of the command, which is a path here.
  const name = command === process.execPath ? { argv0: 'node' } : {};
  const child = spawn(command, args, { cwd: import.meta.dirname, env, ...name, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`${command} ended with code ${code} before it listened`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
