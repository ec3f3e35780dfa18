import { text } from 'node:stream/consumers';
import { terminalText } from '../text/terminal-text.ts';

/** Where `trace` runs: this process, or a test. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is known of the terminal that output goes to; in a pipe, nothing. */
  readonly terminal: { readonly columns?: number; readonly colours?: boolean };
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly input: () => Promise<string>;
  /** Aborted on Ctrl-C, which from then on does not end the process itself. */
  readonly interrupted: () => AbortSignal;
}

/** All that a command sees of the world. */
export interface Io extends Pick<World, 'env' | 'input' | 'interrupted'> {
  /** Whether output may be coloured, and how many columns it has. */
  readonly colour: boolean;
  readonly columns: number;
  /** Writes a line of output, or several. A line break within a line is data, and shown as such. */
  readonly print: (lines: string | readonly string[]) => void;
  /** Writes what is not the output: progress, errors. */
  readonly remark: (lines: string | readonly string[]) => void;
  /** Writes a workflow command of GitHub Actions. */
  readonly command: (line: string, to: 'out' | 'err') => void;
}

/** The one way from a command to a terminal: everything that is written is cleaned here. */
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

/** What FORCE_COLOR and NO_COLOR ask for, as Node reads them; undefined when neither is set. */
function wantsColour({ FORCE_COLOR: force, NO_COLOR: no }: World['env']): boolean | undefined {
  if (force !== undefined) return ['', '1', 'true', '2', '3'].includes(force);
  return no ? false : undefined;
}

const columnsIn = ({ COLUMNS: columns = '' }: World['env']): number | undefined =>
  /^[1-9]\d{0,4}$/.test(columns) ? Number(columns) : undefined;

/** The runner of GitHub Actions takes a line that begins with `::`, or has `##[` anywhere, for a command. */
const withoutCommand = (line: string): string => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #[');

/** This process. */
export function processWorld(): World {
  const { stdout, stderr, stdin, env } = process;
  // The reader has gone (`trace show … | head`): nobody is left to write for.
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
