import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { criticalPath } from './critical-path.ts';
import { span, time, trace } from './testing/span.ts';
import { duration } from './trace.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const path = (...spans: readonly Parts[]): readonly string[] =>
  criticalPath(trace(...spans.map((parts) => span(parts)))).map(
    ({ span, start, end }) => `${span.name} ${Number(start - time(0)) / 1e6}–${Number(end - time(0)) / 1e6}`,
  );

test('calls one after the other are all on the path, with what lies between', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [1, 4] }, { n: 3, parent: 1, ms: [5, 9] })).toEqual([
    'span 1 0–1',
    'span 2 1–4',
    'span 1 4–5',
    'span 3 5–9',
    'span 1 9–10',
  ]);
});

test('of calls made at once the last to end is on the path', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [1, 5] }, { n: 3, parent: 1, ms: [1, 9] })).toEqual([
    'span 1 0–1',
    'span 3 1–9',
    'span 1 9–10',
  ]);
});

test('an overlap of less than the clock tells is none', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [0, 5.6] }, { n: 3, parent: 1, ms: [5, 10] })).toEqual([
    'span 2 0–5',
    'span 3 5–10',
  ]);
});

test('what goes on after its parent is not waited for, but an answer is, whatever the clocks say', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [5, 50] })).toEqual(['span 1 0–10']);
  const skewed: readonly Parts[] = [
    { n: 1, ms: [0, 10], kind: 'CLIENT' },
    { n: 2, parent: 1, ms: [5, 14], kind: 'SERVER' },
  ];
  expect(path(...skewed)).toEqual(['span 1 0–5', 'span 2 5–10']);
  expect(path({ n: 1, ms: [0, 10], kind: 'CLIENT' }, { n: 2, parent: 1, ms: [5, 14] })).toEqual(['span 1 0–10']);
});

test('the path fills the root exactly, whatever the trace', () => {
  const moment = fc.integer({ min: 0, max: 40 });
  const child = fc.record({ parent: fc.integer({ min: 1, max: 10 }), ms: fc.tuple(moment, moment) });
  fc.assert(
    fc.property(fc.array(child, { maxLength: 10 }), (children) => {
      const root = span({ n: 1, ms: [0, 40] });
      const sections = criticalPath(trace(root, ...children.map((parts, index) => span({ ...parts, n: index + 2 }))));
      expect(sections[0]?.start).toBe(root.start);
      expect(sections.at(-1)?.end).toBe(root.end);
      expect(sections.reduce((sum, { start, end }) => sum + end - start, 0n)).toBe(duration(root));
      for (const [index, section] of sections.slice(1).entries()) expect(section.start).toBe(sections[index]?.end);
    }),
  );
});

test('the path is of the root, or where there is none of the first span', () => {
  expect(path({ n: 1, parent: 9, ms: [0, 10] }, { n: 2, ms: [1, 5] })).toEqual(['span 2 1–5']);
  expect(path({ n: 1, parent: 9, ms: [0, 10] }, { n: 2, parent: 8, ms: [1, 5] })).toEqual(['span 1 0–10']);
});

test('a trace without spans has no path', () => {
  expect(path()).toEqual([]);
});
