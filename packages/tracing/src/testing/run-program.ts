import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Deliveries } from '../export/span-queue.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./traced-program.ts', import.meta.url));

/** An environment with only these variables, and the modules that other tests have compiled. */
export const environment = (variables: Record<string, string>): NodeJS.ProcessEnv => ({
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  ...variables,
});

/** How a program ended, and what it printed. */
export interface Ran {
  code: number | null;
  /** What traced-program.ts prints when it exits. */
  printed: { carrier: Record<string, string>; deliveries: Deliveries; grownBy?: number; ways?: string[] } | undefined;
  /** The signal that ended it, if any. */
  signal: NodeJS.Signals | null;
  errors: string;
}

/** Runs a program (by default traced-program.ts, with tracing preloaded) with only `env` as its environment, until it ends by itself. */
export async function runProgram(
  env: Record<string, string>,
  {
    program = PROGRAM,
    spans = 1,
    how = 'shutdown',
    preload = true,
  }: { program?: string; spans?: number; how?: string; preload?: boolean } = {},
): Promise<Ran> {
  const args = ['--expose-gc', ...(preload ? ['--import', '@waymark/tracing/register'] : []), program, String(spans), how];
  const child = spawn(process.execPath, args, { cwd: PACKAGE, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, signal: signal as NodeJS.Signals | null, printed: output ? JSON.parse(output) : undefined, errors };
}
