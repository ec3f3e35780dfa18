import type { ParseArgsOptionsConfig } from 'node:util';
import type { Io } from './io.ts';

/** An option of a command, with its text for `--help`. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** The placeholder for the value, such as `<duration>`. */
  readonly value?: string;
  readonly help: string;
}

/** The arguments of a command. */
export interface Given {
  readonly operands: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  /** The address of the backend: `--url`, else TRACES_URL, else Jaeger's default. */
  readonly url: string;
  readonly json: boolean;
}

export interface Command {
  readonly name: string;
  /** The placeholder for its arguments, such as `<trace>…`. */
  readonly operands: string;
  readonly summary: string;
  /** More for `--help`: the output, the exit code. */
  readonly details: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Returns the exit code: 0, or 1 if the answer is no. Throws `Misuse`. */
  run(given: Given, io: Io): Promise<0 | 1>;
}

export const COMMON: Readonly<Record<string, Option>> = {
  url: { type: 'string', value: '<url>', help: 'the UI of a Jaeger or trace store (default: TRACES_URL, or http://localhost:16686)' },
  json: { type: 'boolean', help: 'print JSON' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
};

/** The options for `parseArgs` of `node:util`. */
export function parseConfig(options: Readonly<Record<string, Option>>): ParseArgsOptionsConfig {
  return Object.fromEntries(Object.entries(options).map(([name, { type, short }]) => [name, { type, ...(short && { short }) }]));
}
