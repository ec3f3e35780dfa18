import { text } from 'node:stream/consumers';
import { terminalText } from '../text/terminal-text.ts';

/** The environment of `trace`: this process, or a test. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The terminal that shows the output. Empty in a pipe. */
  readonly terminal: { readonly columns?: number; readonly colours?: boolean };
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly input: () => Promise<string>;
  /** A signal that is aborted on Ctrl-C. Once it is called, Ctrl-C no longer ends the process. */
  readonly interrupted: () => AbortSignal;
}

/** What a command can use of its environment. */
export interface Io extends Pick<World, 'env' | 'input' | 'interrupted'> {
  /** Whether the output has colours. */
  readonly colour: boolean;
  readonly columns: number;
  /** Writes lines of output. A line break within a line is data, and is shown as `�`. */
  readonly print: (lines: string | readonly string[]) => void;
  /** Writes progress and errors. */
  readonly remark: (lines: string | readonly string[]) => void;
  /** Writes a workflow command of GitHub Actions. */
  readonly command: (line: string, to: 'out' | 'err') => void;
}

/** All output of a command goes through here, and is cleaned for the terminal. */
export function ioOf({ env, terminal, out, err, input, interrupted }: World): Io {
  const colour = wantsColour(env) ?? terminal.colours ?? false;
  const clean = (line: string): string => terminalText(line, colour).replaceAll('\n', '�');
  const inActions = env['GITHUB_ACTIONS'] === 'true';
  const write = (to: (text: string) => void, lines: string | readonly string[]): void =>
    to(
      [lines]
        .flat()
        .map((line) => `${inActions ? withoutCommand(clean(line)) : clean(line)}\n`)
        .join(''),
    );
  return {
    env,
    input,
    interrupted,
    colour,
    columns: columnsIn(env) ?? terminal.columns ?? 120,
    print: (lines) => write(out, lines),
    remark: (lines) => write(err, lines),
    command: (line, to) => (to === 'out' ? out : err)(`${clean(line)}\n`),
  };
}

/** Reads FORCE_COLOR and NO_COLOR as Node does. Undefined if neither is set. */
function wantsColour({ FORCE_COLOR: force, NO_COLOR: no }: World['env']): boolean | undefined {
  if (force !== undefined) return ['', '1', 'true', '2', '3'].includes(force);
  return no ? false : undefined;
}

const columnsIn = ({ COLUMNS: columns = '' }: World['env']): number | undefined =>
  /^[1-9]\d{0,4}$/.test(columns) ? Number(columns) : undefined;

/** GitHub Actions takes a line that begins with `::`, or that contains `##[`, for a command. */
const withoutCommand = (line: string): string => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #[');

/** This process. */
export function processWorld(): World {
  const { stdout, stderr, stdin, env } = process;
  // EPIPE: the reader has gone, as in `trace show … | head`.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    env,
    terminal: stdout.isTTY ? { columns: stdout.columns, colours: stdout.hasColors() } : {},
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    input: () => text(stdin),
    interrupted: () => {
      const controller = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
      return controller.signal;
    },
  };
}
