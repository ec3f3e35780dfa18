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
}

/** Runs `trace` in this process, as in a pipe. */
export async function runTrace(args: readonly string[], { env = {}, input = '', colour = false }: World = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    env,
    colour,
    columns: 100,
    print: (line) => void out.push(line),
    remark: (line) => void err.push(line),
    input: async () => input,
    interrupted: () => AbortSignal.abort(),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
