import { expect, test } from '@jest/globals';
import { readTraces } from '@waymark/trace-model';
import fc from 'fast-check';
import { formatFilter, parseFilter } from '../ui/attribute-filter.ts';
import { layered } from '../ui/graph-layout.ts';
import { openRows, timelineOf } from '../ui/rows.ts';
import { addressOf, apiQuery } from '../ui/search-query.ts';
import type { Search } from '../ui/search-query.ts';
import { around, panned, scaled, ticks } from '../ui/zoom.ts';
import { largeTrace } from './testing/ui-traces.ts';

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

test('what is below a collapsed row is not shown, and nothing else is hidden', () => {
  const [trace] = readTraces(largeTrace);
  const { rows } = timelineOf(trace ?? { traceId: '', spans: [] });
  expect(openRows(rows, new Set())).toEqual(rows);
  expect(openRows(rows, new Set([0]))).toEqual(rows.slice(0, 1));
  expect(openRows(rows, new Set([1])).length).toBe(rows.length - (rows[1]?.below ?? 0));
});
