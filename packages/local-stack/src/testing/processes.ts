import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from '../guard.ts';

/** A program of this folder under test, in a process of its own. */
export interface Program extends AsyncDisposable {
  process: ChildProcess & { pid: number };
  /** All that it wrote so far, stderr too. */
  output(): string;
  /** Resolves with what it wrote once that contains `text`; throws if it ends without. */
  said(text: string): Promise<string>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Runs `testing/<name>.ts`, by `prefix` if given (a program that runs another). It is killed on disposal, which waits for its guard to end what it started. */
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
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended without saying "${wanted}":\n${text}`);
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

/** True while the process runs; one that has ended but is not yet buried by its parent does not. */
export function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** The processes that `pid` started and that still run. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

/** Resolves when none of the processes runs any more; a test that waits in vain fails by Jest's time limit. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(runs)) await delay(50);
}
