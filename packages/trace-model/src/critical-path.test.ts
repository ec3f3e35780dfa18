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

test('sequential calls are all on the path, with the time between them', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [1, 4] }, { n: 3, parent: 1, ms: [5, 9] })).toEqual([
    'span 1 0–1',
    'span 2 1–4',
    'span 1 4–5',
    'span 3 5–9',
    'span 1 9–10',
  ]);
});

test('of concurrent calls, the one that ends last is on the path', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [1, 5] }, { n: 3, parent: 1, ms: [1, 9] })).toEqual([
    'span 1 0–1',
    'span 3 1–9',
    'span 1 9–10',
  ]);
});

test('an overlap smaller than the clock resolution is ignored', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [0, 5.6] }, { n: 3, parent: 1, ms: [5, 10] })).toEqual([
    'span 2 0–5',
    'span 3 5–10',
  ]);
});

test('a child that ends after its parent is not on the path, but the server of a call is, even if the clocks differ', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [5, 50] })).toEqual(['span 1 0–10']);
  const skewed: readonly Parts[] = [
    { n: 1, ms: [0, 10], kind: 'CLIENT' },
    { n: 2, parent: 1, ms: [5, 14], kind: 'SERVER' },
  ];
  expect(path(...skewed)).toEqual(['span 1 0–5', 'span 2 5–10']);
  expect(path({ n: 1, ms: [0, 10], kind: 'CLIENT' }, { n: 2, parent: 1, ms: [5, 14] })).toEqual(['span 1 0–10']);
});

test('the path covers the root exactly, for any trace', () => {
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

test('if a caller gave up, the time belongs to the calls that its server was waiting for', () => {
  const timedOut: readonly Parts[] = [
    { n: 1, ms: [0, 10_000], kind: 'CLIENT', error: true },
    { n: 2, parent: 1, ms: [5, 10_500], kind: 'SERVER', service: 'order' },
    { n: 3, parent: 2, ms: [20, 10_200], kind: 'CLIENT', service: 'order' },
  ];
  expect(path(...timedOut)).toEqual(['span 1 0–5', 'span 2 5–20', 'span 3 20–10000']);
});

test('retries are all on the path, with the pauses between them', () => {
  const tries = [0, 1, 2].map((at): Parts => ({ n: at + 2, parent: 1, ms: [at * 30, at * 30 + 10], kind: 'CLIENT', error: true }));
  expect(path({ n: 1, ms: [0, 70] }, ...tries)).toEqual(['span 2 0–10', 'span 1 10–30', 'span 3 30–40', 'span 1 40–60', 'span 4 60–70']);
});

test('a child that ends later than its parent by less than the clock resolution is on the path', () => {
  expect(path({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [1, 10.9] })).toEqual(['span 1 0–1', 'span 2 1–10']);
});

test('a detached task is not on the path, even if it ends before its parent', () => {
  const detached: Parts = { n: 2, parent: 1, ms: [1, 9], attributes: { 'waymark.segment.spans': 1n } };
  expect(path({ n: 1, ms: [0, 10] }, detached)).toEqual(['span 1 0–10']);
});

const ms = ({ ms: given = [0, 0] }: Parts): readonly [number, number] => given;

/** The span that the trace waited for at a moment, by definition: from the end of each span backwards, the last child that had to end first. */
function blamed(all: readonly Parts[], at: number): number {
  let here = all[0] as Parts;
  for (;;) {
    const [start, end] = ms(here);
    const answers = (one: Parts): boolean => here.kind === 'CLIENT' && one.kind === 'SERVER';
    const children = all.filter((one) => one.parent === here.n && one.n !== here.n && (ms(one)[1] <= end || answers(one)));
    let ready = end;
    let next: Parts | undefined;
    for (;;) {
      const before = children.filter(
        (one) => Math.min(ms(one)[1], end) <= ready && Math.max(ms(one)[0], start) < Math.min(ms(one)[1], end),
      );
      const latest = before.toSorted((a, b) => ms(b)[1] - ms(a)[1] || ms(a)[0] - ms(b)[0])[0];
      if (!latest) return here.n;
      const [from, to] = [Math.max(ms(latest)[0], start), Math.min(ms(latest)[1], end)];
      if (at >= to) return here.n;
      if (at >= from) {
        next = latest;
        break;
      }
      ready = from;
    }
    here = next;
  }
}

test('each moment belongs to the span that the definition names', () => {
  const moment = fc.integer({ min: 0, max: 12 });
  const child = fc.record({
    parent: fc.integer({ min: 1, max: 8 }),
    kind: fc.constantFrom<NonNullable<Parts['kind']>>('INTERNAL', 'CLIENT', 'SERVER'),
    from: moment,
    took: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(child, { maxLength: 8 }), (children) => {
      // Each parent comes before its children, so that the spans form one tree.
      const spans: Parts[] = [{ n: 1, ms: [0, 120] }];
      for (const { parent, kind, from, took } of children)
        spans.push({ n: spans.length + 1, parent: Math.min(parent, spans.length), kind, ms: [from * 10, (from + took) * 10] });
      const sections = criticalPath(trace(...spans.map((parts) => span(parts))));
      for (let at = 5; at < 120; at += 10) {
        const on = sections.find(({ start, end }) => start <= time(at) && time(at) < end);
        expect([at, Number.parseInt(on?.span.spanId ?? '', 16)]).toEqual([at, blamed(spans, at)]);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('the path covers the root, or the first top span if there is no root', () => {
  expect(path({ n: 1, parent: 9, ms: [0, 10] }, { n: 2, ms: [1, 5] })).toEqual(['span 2 1–5']);
  expect(path({ n: 1, parent: 9, ms: [0, 10] }, { n: 2, parent: 8, ms: [1, 5] })).toEqual(['span 1 0–10']);
});

test('a trace without spans has no path', () => {
  expect(path()).toEqual([]);
});
