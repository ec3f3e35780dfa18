import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A kiosk in a process of its own. */
export interface Program extends AsyncDisposable {
  readonly url: string;
}

const KIOSK = join(import.meta.dirname, 'kiosk.ts');
const SLOW_CLOCK = new URL('slow-clock.ts', import.meta.url).href;

/** Starts a kiosk with tracing, in this environment, and resolves when it listens. It ends with this process at the latest. */
export async function startProgram(env: Record<string, string>, { slowClock = false } = {}): Promise<Program> {
  const preloads = [...(slowClock ? [SLOW_CLOCK] : []), '@waymark/tracing/register'].flatMap((name) => ['--import', name]);
  const cwd = import.meta.dirname;
  const child = spawn(process.execPath, [...preloads, KIOSK], { cwd, env, argv0: 'node', stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`The kiosk ended with code ${code} before it listened`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
