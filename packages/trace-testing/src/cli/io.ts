import { text } from 'node:stream/consumers';

/** All that a command sees of the world. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether output may be coloured, and how many columns it has. */
  readonly colour: boolean;
  readonly columns: number;
  /** Writes a line of output. */
  readonly print: (line: string) => void;
  /** Writes a line that is not the output: progress, errors. */
  readonly remark: (line: string) => void;
  /** All of standard input. */
  input(): Promise<string>;
  /** Aborted on Ctrl-C, which from then on does not end the process itself. */
  interrupted(): AbortSignal;
}

/** This process. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  // The reader has gone (`trace show … | head`): nobody is left to write for.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    env,
    colour: stdout.isTTY && stdout.hasColors(),
    columns: stdout.columns || 120,
    print: (line) => void stdout.write(`${line}\n`),
    remark: (line) => void stderr.write(`${line}\n`),
    input: () => text(stdin),
    interrupted: () => {
      const controller = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
      return controller.signal;
    },
  };
}
