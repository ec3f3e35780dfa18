import { parseArgs } from 'node:util';
import { serviceNames, type ServiceName } from './service.ts';

export const usage = `Usage: pnpm start [--port <port>] [--reset] [--without <service>]

Starts the shop: Postgres and the four services on 127.0.0.1, until Ctrl-C. Places one order and shows its trace.

  --port <port>  the port of the gateway (default: 8080, or a free one if 8080 is in use)
  --reset        deletes the data of earlier starts, which is kept in .waymark
  --without <service>
                 does not start a service, to show its outage in a trace: ${serviceNames.join(', ')};
                 repeat it or use commas to leave out several
  --help         shows this help`;

export interface Arguments {
  port: number | undefined;
  reset: boolean;
  without: ServiceName[];
  help: boolean;
}

/** Invalid command-line arguments. The message says what is valid. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const options = {
  port: { type: 'string' },
  reset: { type: 'boolean' },
  without: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line. Throws a UsageError. */
export function readArguments(argv: readonly string[]): Arguments {
  // `pnpm start -- --reset` passes the dashes on.
  const args = argv[0] === '--' ? argv.slice(1) : [...argv];
  try {
    const { values } = parseArgs({ args, options });
    const { reset = false, help = false } = values;
    return { port: portNumber(values.port), reset, without: services(values.without ?? []), help };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [what = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${what}. ${suggestion(what)}`, { cause: error });
  }
}

function portNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new UsageError(`--port must be a number from 1 to 65535, not "${text}".`);
  return port;
}

function services(lists: readonly string[]): ServiceName[] {
  const names = lists.flatMap((list) => list.split(','));
  return names.map((name) => {
    const service = serviceNames.find((one) => one === name.trim());
    if (service === undefined) throw new UsageError(`--without must name a service (${serviceNames.join(', ')}), not "${name}".`);
    return service;
  });
}

const flags = Object.keys(options).map((name) => `--${name}`);

/** The flags differ in their first letter, so that letter is enough to guess the intended flag. */
function suggestion(complaint: string): string {
  const letter = /'-+(\w)/.exec(complaint)?.[1];
  const meant = flags.find((flag) => flag[2] === letter);
  return meant ? `Did you mean ${meant}?` : `Valid options: ${flags.join(', ')}.`;
}
