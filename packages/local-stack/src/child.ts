import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from './guard.ts';

const KEPT_LINES = 2_000;

/** A child process in its own session. Ctrl-C in the terminal reaches only this process, which then stops the children in order. */
export interface Child {
  readonly pid: number | undefined;
  /** Resolves when the process has ended and its output has been read, with how it ended: `exited with code 1`. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** The last lines of its stdout and stderr, at most 2000. */
  lines(): readonly string[];
  kill(signal: NodeJS.Signals): void;
  /** Sends `signal`, and `lastSignal` if the process still runs after `graceMs`. Resolves when it has ended. */
  stop(signal: NodeJS.Signals, graceMs: number, lastSignal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The signal that the guard sends if this process dies. */
  guardSignal: 'INT' | 'TERM';
  onLine?: ((line: string) => void) | undefined;
}

/** Starts `file` under the guard. It never throws: if the file cannot be run, `ended` resolves at once. */
export function startChild(file: string, args: readonly string[], { cwd, env, guardSignal, onLine }: ChildOptions): Child {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  guard(child, guardSignal);

  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      if (lines.push(line) > KEPT_LINES) lines.shift();
      onLine?.(line);
    });
  }

  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with code ${code}`));
  });
  const kill = (signal: NodeJS.Signals) => {
    if (isRunning()) child.kill(signal);
  };
  return {
    pid: child.pid,
    ended,
    isRunning,
    lines: () => lines,
    kill,
    async stop(signal, graceMs, lastSignal = 'SIGKILL') {
      kill(signal);
      const patience = new AbortController();
      const tooLong = delay(graceMs, undefined, { signal: patience.signal }).then(
        () => kill(lastSignal),
        () => {},
      );
      await ended;
      patience.abort();
      await tooLong;
    },
  };
}
