import { styleText } from 'node:util';
import { judge, verdict, waterfall, type Trace } from '@waymark/trace-model';
import type { Exchange, FirstOrder } from './first-order.ts';
import { readableLine } from './log-line.ts';
import type { ServiceName } from './service.ts';

// The output of the command line, in order. Colours and non-ASCII symbols appear only on a terminal.

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const paint = (style: 'bold' | 'green', text: string) => styleText(style, text, { stream: process.stdout });
const hasColour = () => paint('bold', 'x') !== 'x';
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

export const note = (text: string): void => print(`  ${text}`);

export function step(what: string, ms: number, detail: string): void {
  print(`${process.stdout.isTTY ? paint('green', '✓') : 'ok'} ${what.padEnd(10)} ${seconds(ms).padStart(6)}  ${detail}`);
}

/** Says that the shop is ready, and which services were not started. */
export function ready(ms: number, without: readonly ServiceName[]): void {
  if (without.length > 0) print(`\nStarted without ${without.join(' and ')}.`);
  const order = without.length > 0 ? ' One order, to show the outage:' : ' One order:';
  print(`\n${paint('bold', `The shop is ready after ${seconds(ms)}.`)}${without.includes('gateway') ? '' : order}`);
}

export function exchange({ request, status, ms, traceId }: Exchange): void {
  print(`  ${request.padEnd(18)} ${status} ${`${Math.round(ms)} ms`.padStart(8)}  x-trace-id ${traceId ?? 'missing'}`);
}

export function order(order: FirstOrder): void {
  if ('refusal' in order) return note(order.refusal);
  const status = order.status === 'pending' ? 'still pending' : order.status;
  note(`The order of one ${order.product} is ${paint('bold', status)} after ${seconds(order.ms)}: ${order.id}`);
}

/** Prints the waterfall, the verdict and the findings. */
export function trace(trace: Trace): void {
  const judgement = judge(trace);
  print(`\n${waterfall(trace, { width: process.stdout.columns ?? 120, colour: hasColour() })}`);
  print(paint('bold', verdict(trace, judgement)));
  // The verdict already says why a request failed.
  if (judgement.outcome.state === 'ok' && judgement.explanation) note(judgement.explanation);
  for (const { message, cause } of judgement.findings) note(`${message} ${cause}`);
}

/** Prints the log lines of a trace that cannot be read. */
export function logOf(traceId: string, lines: readonly { name: ServiceName; line: string }[]): void {
  print(`\nIts trace is ${paint('bold', traceId)}`);
  const shown = lines.map(({ name, line }) => readableLine(name, line, { colour: hasColour() }));
  // Each line starts with its time.
  for (const line of shown.sort()) note(line);
}

/** `gateway` is undefined if it was not started. */
export function addresses(gateway: string | undefined, traces: string, metrics: readonly string[], bytes: number | undefined): void {
  print(gateway === undefined ? '' : `\nShop    ${gateway}/\nAPI     ${gateway}/api`);
  print(`Traces  ${traces}`);
  if (metrics.length > 0) print(`Metrics ${metrics.map((url) => `${url}/metrics`).join(' ')}`);
  if (bytes !== undefined) print(`Memory  ${Math.round(bytes / 1e6)} MB resident, all processes together`);
  print('Stop    Ctrl-C\n');
}

export const log = (name: ServiceName, line: string): void => print(readableLine(name, line, { colour: hasColour() }));
export const stopping = (): void => print('\nStopping ...');
export const stopped = (ms: number): void => print(`Stopped after ${seconds(ms)}.`);
