import { expect, test } from '@jest/globals';
import { readTraces } from '@waymark/trace-model';
import fc from 'fast-check';
import { formatFilter, parseFilter } from '../pages/search/attribute-filter.ts';
import { layered } from '../pages/dependencies/graph-layout.ts';
import { openRows, timelineOf } from '../pages/trace/timeline/rows.ts';
import { TimeScale } from '../pages/trace/timeline/time-scale.ts';
import { addressOf, apiQuery } from '../pages/search/search-query.ts';
import type { Search } from '../pages/search/search-query.ts';
import { around, panned, scaled, ticks } from '../pages/trace/timeline/zoom.ts';

test('attributes that are written are read back the same', () => {
  const filter = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.]*$/), fc.string({ unit: 'grapheme' }));
  fc.assert(fc.property(filter, (given) => expect(parseFilter(formatFilter(given))).toEqual({ ...given })));
});

test.each(['order', 'order=1 and', '"a"', '=x y'])('%j is no list of attributes', (text) => {
  expect(parseFilter(text)).toBeUndefined();
});

const search: Search = {
  service: 'order',
  operation: '',
  attributes: { 'http.route': '/orders' },
  errors: true,
  minDuration: '10ms',
  maxDuration: '',
  lookback: '15m',
  from: 0,
  until: 0,
  limit: '20',
};

test('a search is asked as Jaeger has it', () => {
  expect(Object.fromEntries(apiQuery(search, Date.UTC(2026, 0, 1)))).toEqual({
    'query.serviceName': 'order',
    'query.attributes': '{"http.route":"/orders","error":"true"}',
    'query.startTimeMin': '2025-12-31T23:45:00.000Z',
    'query.startTimeMax': '2026-01-01T00:01:00.000Z',
    'query.durationMin': '10ms',
    'query.searchDepth': '20',
  });
});

test('a time range of its own is in the address, in microseconds', () => {
  expect(addressOf({ ...search, lookback: 'custom', from: 1_000, until: 2_000 })).toMatchObject({ start: '1000000', end: '2000000' });
});

const window = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b) + 10]);

test('every zoom stays within the whole and keeps some width', () => {
  const whole = 2_000_000;
  const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(window, factor, fc.double({ min: 0, max: 1, noNaN: true }), (given, by, share) => {
      for (const [from, to] of [scaled(given, by, whole, share), panned(given, by - 50, whole), around(given, whole)]) {
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(whole);
        expect(to - from).toBeGreaterThan(5);
      }
    }),
  );
});

test('a ruler has round moments, and not too many', () => {
  expect(ticks([0, 1_000], 10)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
  expect(ticks([1_130, 1_390], 5)).toEqual([1_200, 1_300]);
  fc.assert(fc.property(window, (given) => expect(ticks(given, 8).length).toBeLessThan(10)));
});

test('a graph points forward, except where it turns in a ring', () => {
  const edges = [
    ['a', 'c'],
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
    ['c', 'c'],
  ].map(([from = '', to = '']) => ({ from, to }));
  expect(
    layered(['c', 'b', 'a', 'alone'], edges)
      .map(({ name, layer }) => `${name} ${layer}`)
      .sort(),
  ).toEqual(['a 1', 'alone 0', 'b 2', 'c 0']);
  expect(
    layered(['c', 'b', 'a'], edges.slice(0, 3))
      .map(({ name, layer }) => `${name} ${layer}`)
      .sort(),
  ).toEqual(['a 0', 'b 1', 'c 2']);
});

test('any graph is placed whole: every node once, no two in one place', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  fc.assert(
    fc.property(fc.array(fc.record({ from: name, to: name })), (edges) => {
      const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
      const placed = layered(names, edges);
      expect(placed.map((node) => node.name).sort()).toEqual(names.sort());
      expect(new Set(placed.map(({ layer, place }) => `${layer}/${place}`)).size).toBe(names.length);
    }),
  );
});

const spanAt = (id: number, parent: number, ms: number): object => ({
  traceId: 'a'.repeat(32),
  spanId: String(id).padStart(16, '0'),
  ...(parent > 0 && { parentSpanId: String(parent).padStart(16, '0') }),
  startTimeUnixNano: String(ms * 1_000_000),
  endTimeUnixNano: String((ms + 10) * 1_000_000),
});

const [small = { traceId: '', spans: [] }] = readTraces({
  resourceSpans: [{ scopeSpans: [{ spans: [spanAt(1, 0, 0), spanAt(2, 1, 1), spanAt(3, 2, 2), spanAt(4, 1, 3), spanAt(5, 1, 60_000)] }] }],
});

test('the rows below a collapsed row are hidden, and no others', () => {
  const { rows } = timelineOf(small, false);
  expect(openRows(rows, new Set())).toEqual(rows);
  expect(openRows(rows, new Set([0]))).toEqual(rows.slice(0, 1));
  expect(openRows(rows, new Set([1])).map(({ index }) => index)).toEqual([0, 1, 3, 4]);
});

test('a wait of a minute is folded, so that the request before it takes most of the timeline', () => {
  const [whole, folded] = [timelineOf(small, false), timelineOf(small, true)];
  expect(whole.length).toBe(60_010_000_000);
  expect(folded.duration).toBe(whole.length);
  expect((folded.rows[0]?.end ?? 0) / folded.length).toBeGreaterThan(0.3);
  expect(folded.scale.folds).toEqual([[13_000_000, 60_000_000_000]]);
});

test('a place on a folded scale is the place of its time, and later times have later places', () => {
  const stretch = fc.tuple(fc.nat(1_000_000), fc.nat(1_000)).map(([from, length]): [number, number] => [from, from + length]);
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1 }), fc.nat(1_000_000), fc.nat(1_000_000), (stretches, a, b) => {
      const scale = new TimeScale(stretches, true);
      for (const time of [a, b]) expect(scale.time(scale.place(time))).toBeCloseTo(time, 3);
      expect(Math.sign(scale.place(b) - scale.place(a))).toBe(Math.sign(b - a));
    }),
  );
});
