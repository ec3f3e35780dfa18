import { BadQuery } from './bad-query.ts';
import { quote } from './go-number.ts';

const LAYOUT = '2006-01-02T15:04:05.999999999Z07:00';
const STEPS = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/],
  ['-', /^-/],
  ['02', /^\d{2}/],
  ['T', /^T/],
  ['15', /^\d{2}/],
  [':', /^:/],
  ['04', /^\d{2}/],
  [':', /^:/],
  ['05', /^\d{2}(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/],
] as const;

/** Go's `time.Parse(time.RFC3339Nano, …)`, as nanoseconds since 1970. Throws `BadQuery` with Go's message. */
export function parseTime(text: string): bigint {
  const parts: string[] = [];
  let rest = text;
  for (const [name, pattern] of STEPS) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw failed(text, ` as ${quote(LAYOUT)}: cannot parse ${quote(rest)} as ${quote(name)}`);
    parts.push(found);
    rest = rest.slice(found.length);
  }
  if (rest !== '') throw failed(text, `: extra text: ${quote(rest)}`);
  return checked(text, parts);
}

function checked(
  text: string,
  [year = '', , month = '', , day = '', , hour = '', , minute = '', , seconds = '', zone = '']: string[],
): bigint {
  const [second = '', fraction = ''] = seconds.split(/[.,]/);
  if (+month < 1 || +month > 12) throw failed(text, ': month out of range');
  if (+day < 1 || +day > new Date(Date.UTC(+year, +month, 0)).getUTCDate()) throw failed(text, ': day out of range');
  if (+hour > 23) throw failed(text, ': hour out of range');
  if (+minute > 59) throw failed(text, ': minute out of range');
  if (+second > 59) throw failed(text, ': second out of range');
  const local = BigInt(Date.UTC(+year, +month - 1, +day, +hour, +minute, +second));
  return (local - offset(zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** The offset of a zone in milliseconds. */
function offset(zone: string): bigint {
  if (zone === 'Z') return 0n;
  const milliseconds = (+zone.slice(1, 3) * 60 + +zone.slice(4)) * 60_000;
  return BigInt(zone.startsWith('-') ? -milliseconds : milliseconds);
}

const failed = (text: string, why: string): BadQuery => new BadQuery(`parsing time ${quote(text)}${why}`);
