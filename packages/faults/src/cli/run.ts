import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readFaults, targetingOf, type Fault } from '../fault.ts';
import { inWords } from '../in-words.ts';

const HELP = `Usage: pnpm fault <command> [--file <file>]

Breaks the shop that \`pnpm start\` runs, and repairs it. Services notice within a second.

  pnpm fault list                     lists the faults, and which are on
  pnpm fault on <name>…               switches faults on for every request
  pnpm fault on <name>… --percent 20  switches them on for one in five requests
  pnpm fault off <name>…              switches faults off
  pnpm fault off --all                switches all faults off
  pnpm fault show <name>              says what a fault does, and how to recognise it

  --file <file>  the file that the services read (FAULTS_FILE); by default, that of \`pnpm start\`.
                 For docker compose: --file deploy/faults.flagd.json
  --help         shows this help

A single request can ask for a fault by itself: curl -H 'x-waymark-fault: <name>' …
All faults, with their traces: docs/faults.md
`;

/** What a command printed, and its exit code: 0, 1 if it failed, 2 if it was called wrongly. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

const options = {
  file: { type: 'string' },
  percent: { type: 'string' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs \`pnpm fault\` in the workspace \`root\`. */
export async function run(argv: readonly string[], root: string): Promise<Ran> {
  try {
    return { out: await output(argv, root), err: '', code: 0 };
  } catch (error) {
    const isMisuse = error instanceof UsageError;
    return { out: '', err: `${(error as Error).message}\n${isMisuse ? `\n${HELP}` : ''}`, code: isMisuse ? 2 : 1 };
  }
}

async function output(argv: readonly string[], root: string): Promise<string> {
  const { values, names, command } = argumentsIn(argv);
  if (values.help || command === undefined) return HELP;
  const file = values.file ?? join(root, '.waymark/faults.flagd.json');
  const text = await read(file, root);
  const faults = readFaults(text);
  const chosen = values.all ? faults : names.map((name) => named(name, faults));
  if (command === 'list') return list(faults);
  if (chosen.length === 0) throw new UsageError(`Name a fault: pnpm fault ${command} auth-slow`);
  if (command === 'show') return chosen.map(show).join('\n');
  const percent = percentIn(values.percent);
  await writeFile(file, switched(text, chosen, command === 'on', percent));
  const which = chosen.map(({ name }) => name).join(', ');
  if (command === 'off') return values.all ? 'All faults are off\n' : `Off: ${which}\n`;
  return `On for ${percent === 100 ? 'every request' : `${percent} % of the requests`}: ${which}\nSwitch off again: pnpm fault off --all\n`;
}

const COMMANDS = ['list', 'on', 'off', 'show'] as const;

function argumentsIn(argv: readonly string[]) {
  const parsed = parse(argv[0] === '--' ? argv.slice(1) : [...argv]);
  const [word, ...names] = parsed.positionals;
  const command = COMMANDS.find((one) => one === word);
  if (word !== undefined && !command) throw new UsageError(`There is no command "${word}".`);
  if (parsed.values.percent !== undefined && command !== 'on') throw new UsageError('--percent goes with "on" only.');
  if (parsed.values.all && command !== 'off') throw new UsageError('--all goes with "off" only.');
  return { values: parsed.values, names, command };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function percentIn(text = '100'): number {
  const percent = Number(text);
  if (!/^\d+$/.test(text) || percent < 1 || percent > 100)
    throw new UsageError(`--percent is a whole number from 1 to 100, not "${text}".`);
  return percent;
}

async function read(file: string, root: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const where = relative(root, file);
    throw new Error(`${where} does not exist. Start the shop with \`pnpm start\`, or name the file of another shop with --file.`, {
      cause: error,
    });
  }
}

function named(name: string, faults: readonly Fault[]): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (!found) throw new UsageError(`There is no fault "${name}". There are: ${faults.map((fault) => fault.name).join(', ')}.`);
  return found;
}

interface FlagFile {
  flags: Record<string, { defaultVariant: string; targeting: object }>;
}

/** The text of the file with these faults on or off. */
function switched(text: string, chosen: readonly Fault[], on: boolean, percent: number): string {
  const content = JSON.parse(text) as FlagFile;
  for (const { name } of chosen) {
    const isShare = on && percent < 100;
    Object.assign(content.flags[name]!, {
      defaultVariant: on && !isShare ? 'on' : 'off',
      targeting: targetingOf(isShare ? percent : undefined),
    });
  }
  return `${JSON.stringify(content, null, 2)}\n`;
}

const stateOf = ({ on, percent }: Fault): string => (on ? (percent < 100 ? `on ${percent} %` : 'on') : 'off');

function list(faults: readonly Fault[]): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return faults.map((fault) => `${fault.name.padEnd(width)}  ${stateOf(fault).padEnd(7)}  ${fault.about.title}\n`).join('');
}

const show = (fault: Fault): string => `${fault.name} (${stateOf(fault)}): ${fault.about.title}
  ${inWords(fault)}

  The user:      ${fault.about.user}
  The trace:     ${fault.about.trace}
  The metric:    ${fault.about.metric}
  In real life:  ${fault.about.recognise}

  For one request: curl -H 'x-waymark-fault: ${fault.name}' …
  Its trace: docs/faults.md#${fault.name}
`;
