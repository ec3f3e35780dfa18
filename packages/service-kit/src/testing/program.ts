import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { LogLine } from './record-log.ts';
import { until } from './until.ts';

/** A program that runs in its own process, which is killed on disposal. */
export interface Program extends AsyncDisposable {
  kill(signal: NodeJS.Signals): void;
  /** Waits until the program has logged this message and returns the line. Throws if the program ends first. */
  logged(msg: string): Promise<LogLine>;
  /** The program's output on stderr. */
  errors(): string;
  /** The exit code, or the signal that ended the program. */
  ended: Promise<number | string>;
}

/** Runs a TypeScript file with tracing. Its environment is only `env`, and the modules that other tests have compiled. */
export function runProgram(path: string, env: Record<string, string>, ...args: string[]): Program {
  const child = spawn(process.execPath, ['--import', '@waymark/tracing/register', path, ...args], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: dirname(path),
  });
  const lines: LogLine[] = [];
  let errors = '';
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const over = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    kill: (signal) => void child.kill(signal),
    errors: () => errors,
    ended,
    async logged(msg) {
      const find = (): LogLine | undefined => lines.find((line) => line.msg.includes(msg));
      await until(find, (line) => line !== undefined || over(), `the program to log "${msg}"`);
      const line = find();
      if (!line) throw new Error(`The program ended without logging "${msg}": ${lines.map((one) => one.msg).join(', ')}\n${errors}`);
      return line;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
