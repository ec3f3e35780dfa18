import { COMMON, type Command, type Option } from './command.ts';

/** What `trace --help` prints. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }): [string, string] => [`${name} ${operands}`.trim(), summary]);
  return [
    'usage: trace <command> [options]',
    '',
    table(rows),
    '',
    'A <trace> is a trace id to read from --url, a file with OTLP or Jaeger JSON or JSON lines, or - for standard input.',
    '`trace <command> --help` says more. Exit codes: 0 yes, 1 no (broken, incomplete, different), 2 an error.',
  ].join('\n');
}

/** What `trace <command> --help` prints. */
export function commandHelp({ name, operands, summary, details, options }: Command): string {
  const rows = Object.entries({ ...options, ...COMMON }).map(([option, known]): [string, string] => [flag(option, known), known.help]);
  return [`usage: trace ${name} ${operands} [options]`.replace('  ', ' '), '', `${summary}. ${details}`, '', table(rows)].join('\n');
}

const flag = (name: string, { short, value }: Option): string =>
  [`--${name}`, value].filter(Boolean).join(' ') + (short ? `, -${short}` : '');

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
