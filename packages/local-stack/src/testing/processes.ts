import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from '../guard.ts';

/** A program of this folder, running in its own process. */
export interface Program extends AsyncDisposable {
  process: ChildProcess & { pid: number };
  /** The output so far, stdout and stderr. */
  output(): string;
  /** Resolves with the output as soon as it contains `text`. Throws if the program ends first. */
  said(text: string): Promise<string>;
  /** The exit code, or the signal that ended the program. */
  ended: Promise<number | string>;
}

/** Runs `testing/<name>.ts`, with `prefix` (a command that runs another one) if given. Disposal kills it and waits until its guard has stopped its children. */
export function runProgram(name: string, args: readonly string[] = [], options: SpawnOptions & { prefix?: string[] } = {}): Program {
  const [file = '', ...rest] = [...(options.prefix ?? []), process.execPath, join(import.meta.dirname, `${name}.ts`), ...args];
  const child = spawn(file, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }) as ChildProcess & { pid: number };
  guard(child, 'TERM');
  let text = '';
  const heard = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => (text += `${line}\n`) && heard.dispatchEvent(new Event('line')));
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  void ended.then(() => heard.dispatchEvent(new Event('line')));
  return {
    process: child,
    output: () => text,
    ended,
    async said(wanted) {
      while (!text.includes(wanted)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`The program ended without printing "${wanted}":\n${text}`);
        await once(heard, 'line');
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      const started = childrenOf(child.pid);
      child.kill('SIGKILL');
      await ended;
      await gone(started);
    },
  };
}

/** Whether the process runs. A zombie does not. */
export function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** Returns the running child processes of `pid`. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

/** Resolves when none of the processes runs any more. If one keeps running, the test fails by Jest's timeout. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(runs)) await delay(50);
}
