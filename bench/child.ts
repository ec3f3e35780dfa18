import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process of a benchmark. It sends a message when it is ready, and answers when it is asked. */
export interface Child<Answer> {
  readonly port: number;
  readonly pid: number | undefined;
  ask(): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a program of this package, named by its path, and waits until it is ready. */
export async function start<Answer>(program: string, execArgv: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Child<Answer>> {
  const child = fork(program, { cwd: import.meta.dirname, execArgv, env: { ...process.env, ...env } });
  const port = await next<number>(child);
  return {
    port,
    pid: child.pid,
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
