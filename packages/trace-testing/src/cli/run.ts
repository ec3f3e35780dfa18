import { parseArgs } from 'node:util';
import { TraceFormatError } from '@waymark/trace-model';
import { TraceBackendError } from '../traces/trace-backend-error.ts';
import { COMMON, parseConfig, type Command, type Given } from './command.ts';
import { compare } from './commands/compare.ts';
import { flow } from './commands/flow.ts';
import { impact } from './commands/impact.ts';
import { search } from './commands/search.ts';
import { services } from './commands/services.ts';
import { show } from './commands/show.ts';
import { verify } from './commands/verify.ts';
import { wait } from './commands/wait.ts';
import { watch } from './commands/watch.ts';
import { commandHelp, overview } from './help.ts';
import { ioOf, type Io, type World } from './io.ts';
import { Misuse } from './misuse.ts';
import { suggest } from './suggest.ts';

const COMMANDS: readonly Command[] = [show, verify, compare, services, flow, impact, wait, search, watch];

/** Runs `trace` with these arguments, and returns the exit code. */
export async function run(args: readonly string[], world: World): Promise<number> {
  const io = ioOf(world);
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (!(error instanceof Misuse || error instanceof TraceBackendError || error instanceof TraceFormatError)) throw error;
    io.remark(`trace: ${error.message}`.split('\n'));
    return 2;
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.print(overview(COMMANDS).split('\n'));
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((command) => command.name === name);
  if (!command) {
    const names = COMMANDS.map((command) => command.name);
    throw new Misuse(`there is no command "${name}".${suggest(name, names) || ` The commands are ${names.join(', ')}.`}`);
  }
  const given = read(command, rest, io);
  if (given.values['help'] === true) {
    io.print(commandHelp(command).split('\n'));
    return 0;
  }
  return command.run(given, io);
}

function read(command: Command, args: readonly string[], io: Io): Given {
  const known = { ...command.options, ...COMMON };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: parseConfig(known), allowPositionals: true });
    const url = typeof values['url'] === 'string' ? values['url'] : io.env['TRACES_URL'] || 'http://localhost:16686';
    return { operands: positionals, values: values as Given['values'], url, json: values['json'] === true };
  } catch (error) {
    const message = (error as Error).message.split('. ')[0] ?? '';
    const [, option = ''] = /'--([^'\s]+)'/.exec(message) ?? [];
    const unknown = (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    const names = Object.keys(known).map((name) => `--${name}`);
    const mend = unknown ? suggest(`--${option}`, names) : '';
    throw new Misuse(`${message}.${mend} See trace ${command.name} --help.`, { cause: error });
  }
}
