import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process of this benchmark. It sends a message when it is ready, and answers when it is asked. */
export interface Child<Answer> {
  readonly port: number;
  ask(): Promise<Answer>;
  stop(): Promise<void>;
}

const FOLDER = import.meta.dirname;

/** Starts a program of this folder with tracing, with or without the manifest, and waits until it is ready. */
export function startTraced<Answer>(
  program: string,
  env: Record<string, string>,
  { manifest }: { manifest: boolean },
): Promise<Child<Answer>> {
  const preloaded = ['@waymark/tracing/register', ...(manifest ? [] : ['./without-manifest.ts'])];
  const execArgv = preloaded.flatMap((module) => ['--import', module]);
  return start(program, execArgv, { NODE_ENV: 'production', OTEL_SERVICE_NAME: 'bench', ...env });
}

/** Starts a program of this folder and waits until it is ready. */
export async function start<Answer>(program: string, execArgv: string[] = [], env: Record<string, string> = {}): Promise<Child<Answer>> {
  const child = fork(program, { cwd: FOLDER, execArgv, env: { ...process.env, ...env } });
  const port = await next<number>(child);
  return {
    port,
    ask() {
      child.send('?');
      return next<Answer>(child);
    },
    async stop() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

async function next<Message>(child: ChildProcess): Promise<Message> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const died = once(child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`${child.spawnargs.at(-1)} ended: ${code}`)));
    const [message] = await Promise.race([once(child, 'message', { signal }), died]);
    return message as Message;
  } finally {
    over.abort();
  }
}
