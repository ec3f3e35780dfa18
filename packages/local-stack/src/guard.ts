import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('guard.sh', import.meta.url));

let pipe: Socket | undefined;
const guarded = new Set<number>();

/**
 * Makes sure that `child` does not outlive this process, even after SIGKILL. A shell process in its own session holds a pipe from this
 * process. When the pipe breaks, the shell sends `signal` to every running child, and SIGKILL 4 s later. It ends with the last child.
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
  // If the guard was killed, the shop still works, so that is no reason to fail.
  stdin.on('error', () => {});
  return stdin;
}
