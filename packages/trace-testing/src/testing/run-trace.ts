import { run } from '../cli/run.ts';

/** What `trace` wrote, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly colour?: boolean;
  readonly columns?: number;
}

/** Runs `trace` in this process, as in a pipe. */
export async function runTrace(args: readonly string[], { env = {}, input = '', colour = false, columns = 100 }: World = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    env,
    terminal: { columns, colours: colour },
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    input: async () => input,
    interrupted: () => AbortSignal.abort(),
  });
  return { code, out: out.join('').trimEnd(), err: err.join('').trimEnd() };
}
