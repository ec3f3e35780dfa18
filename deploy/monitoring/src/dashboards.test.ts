import { expect, test } from '@jest/globals';
import { dashboards } from './testing/queries.ts';

test.each(dashboards())('the dashboard $uid has no panels that overlap, and each has a query with a legend', ({ panels }) => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  const charts = panels.filter(({ type }) => type !== 'row');
  expect(charts.filter(({ datasource, targets = [] }) => datasource?.uid !== 'prometheus' || targets.length === 0)).toEqual([]);
  expect(charts.flatMap(({ targets = [] }) => targets).filter(({ expr, legendFormat }) => !expr || !legendFormat)).toEqual([]);
});

test('the alerts link to a dashboard that exists', () => {
  expect(dashboards().map(({ uid }) => uid)).toContain('waymark-shop');
});
