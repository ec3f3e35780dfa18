import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { readableLine } from './log-line.ts';

const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();

test('an event becomes one line: time, service, level, message, fields that are not in the message, trace', () => {
  const event = {
    level: 40,
    time,
    service: 'order',
    msg: 'GET /orders 404',
    status: 404,
    ms: 1.5,
    user: 'a b',
    trace_id: 'abc',
    span_id: 'def',
  };
  expect(readableLine('order', JSON.stringify(event))).toBe('03:04:05.006 order     warn  GET /orders 404 ms=1.5 user="a b" trace=abc');
});

test('also reads levels by name and times in ISO 8601', () => {
  const event = { level: 'info', time: new Date(time).toISOString(), msg: 'draining' };
  expect(readableLine('auth', JSON.stringify(event))).toBe('03:04:05.006 auth      info  draining');
});

test.each(['constructor', 'toString', '__proto__', 'loud'])('shows the unknown level %s unchanged', (level) => {
  expect(readableLine('auth', JSON.stringify({ level, time, msg: 'hello' }))).toBe(`03:04:05.006 auth      ${level.padEnd(5)} hello`);
});

test('a line that is not a JSON event stays as it is', () => {
  expect(readableLine('auth', 'Error: oops')).toBe('             auth      Error: oops');
});

test('removes control characters from a value', () => {
  const event = { level: 30, time, msg: 'logged in', agent: '\u009b2J\u007f' };
  expect(readableLine('auth', JSON.stringify(event))).toBe('03:04:05.006 auth      info  logged in agent=" "');
});

test('colours do not change the text', () => {
  const line = JSON.stringify({ level: 50, time, msg: 'refused', sku: 'lamp', trace_id: 'abc' });
  const coloured = readableLine('gateway', line, { colour: true });
  expect(stripVTControlCharacters(coloured)).toBe(readableLine('gateway', line));
  expect(coloured).not.toBe(readableLine('gateway', line));
});

test('no logged text breaks the line or moves the cursor', () => {
  const anyText = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(anyText, fc.dictionary(anyText, fc.anything()), (msg, fields) => {
      const lines = [msg, JSON.stringify({ ...fields, level: 30, time, msg, trace_id: msg })].map((line) => readableLine('order', line));
      expect(lines.join('')).not.toMatch(/[\p{C}\u2028\u2029]/u);
    }),
  );
});
