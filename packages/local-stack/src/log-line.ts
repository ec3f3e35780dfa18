import { stripVTControlCharacters, styleText } from 'node:util';
import { inServiceColor } from '@waymark/trace-model';
import { serviceNames, type ServiceName } from './service.ts';

const levels: ReadonlyMap<unknown, string> = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);
const levelColours: ReadonlyMap<string, 'yellow' | 'red'> = new Map([
  ['warn', 'yellow'],
  ['error', 'red'],
  ['fatal', 'red'],
]);
const shownElsewhere = new Set(['level', 'time', 'service', 'name', 'msg', 'trace_id', 'span_id', 'trace_flags', 'pid', 'hostname']);
const NAME_WIDTH = Math.max(...serviceNames.map((name) => name.length));
const VALUE_LENGTH = 200;

/** Formats a log line of `service` for people: time, service, level, message, other fields, trace id. Lines that are not JSON events stay as they are. */
export function readableLine(service: ServiceName, line: string, { colour = false } = {}): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const name = colour ? inServiceColor(service, service.padEnd(NAME_WIDTH)) : service.padEnd(NAME_WIDTH);
  const event = eventIn(line);
  if (!event) return `${' '.repeat('00:00:00.000'.length)} ${name} ${printable(line)}`;

  const { msg, trace_id: traceId, ...fields } = event;
  const level = levels.get(event.level) ?? printable(text(event.level));
  const levelColour = levelColours.get(level);
  const said = new Set(text(msg ?? '').split(' '));
  const shown = Object.entries(fields).filter(([key, value]) => !shownElsewhere.has(key) && !said.has(text(value)));
  return [
    paint('dim', clock(event.time)),
    name,
    levelColour ? paint(levelColour, level.padEnd(5)) : level.padEnd(5),
    ...(msg ? [printable(text(msg))] : []),
    ...shown.map(([key, value]) => `${paint('dim', `${printable(key)}=`)}${word(value)}`),
    ...(traceId ? [paint('dim', `trace=${printable(text(traceId))}`)] : []),
  ].join(' ');
}

type LogEvent = { level: number | string; time: number | string; msg?: unknown; trace_id?: unknown };

function eventIn(line: string): LogEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    const isEvent = typeof event === 'object' && event !== null && 'level' in event && 'time' in event;
    return isEvent ? (event as LogEvent) : undefined;
  } catch {
    return undefined;
  }
}

function clock(time: number | string): string {
  const date = new Date(time);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function word(value: unknown): string {
  const whole = typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : printable(JSON.stringify(value));
  return whole.length > VALUE_LENGTH ? `${whole.slice(0, VALUE_LENGTH)}…` : whole;
}

/** Logged text may come from outside, so it must not move the cursor, reverse the text direction or look like another line. */
const printable = (text: string) => stripVTControlCharacters(text).replaceAll(/[\p{C}\u2028\u2029]/gu, ' ');
