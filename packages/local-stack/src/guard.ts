import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('guard.sh', import.meta.url));

let pipe: Socket | undefined;
const guarded = new Set<number>();

/**
 * Sees to it that `child` does not outlive this process, even one ended by SIGKILL: a shell process in a session of its own holds a pipe
 * from us, and when that breaks it sends `signal` to every child still running, and SIGKILL 4 s later. It ends with the last child.
 */
export function guard(child: ChildProcess, signal: 'INT' | 'TERM'): void {
  const { pid } = child;
  if (pid === undefined) return;
  pipe ??= startGuard();
  guarded.add(pid);
  pipe.write(`${signal} ${pid}\n`);
  child.once('exit', () => forget(pid));
}

function forget(pid: number): void {
  guarded.delete(pid);
  pipe?.write(`forget ${pid}\n`);
  if (guarded.size > 0) return;
  pipe?.end();
  pipe = undefined;
}

function startGuard(): Socket {
  const shell = spawn('/bin/sh', [script], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.unref();
  const stdin = shell.stdin as Socket;
  stdin.unref();
  // A guard that was killed guards no more; the shop itself is still well.
  stdin.on('error', () => {});
  return stdin;
}
