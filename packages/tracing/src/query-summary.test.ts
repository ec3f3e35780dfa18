import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { querySummary } from './query-summary.ts';

test.each([
  ['select id, name from users where email = $1', 'SELECT users'],
  ['  INSERT INTO "orders" (id) values ($1) on conflict do nothing', 'INSERT orders'],
  ['insert into payments (order_id) values ($1) on conflict (order_id) do update set attempts = 2', 'INSERT payments'],
  ['update products set available = available - $2 where sku = $1', 'UPDATE products'],
  ['delete from sessions where expires_at <= now()', 'DELETE sessions'],
  ['with back as (select sku from lines), locked as (select 1 from x) update products set a = 1 from back', 'UPDATE products'],
  ['select status, (select json_agg(a) from lines) as lines from reservations where order_id = $1', 'SELECT reservations'],
  ['select from reservations where order_id = $1 for update', 'SELECT reservations'],
  ['select graphile_worker.add_job($1, $2::json)', 'SELECT graphile_worker.add_job'],
  ["select 'update secrets' from notes -- delete from x", 'SELECT notes'],
  ['/* insert into a */ select 1', 'SELECT'],
  ['BEGIN', 'BEGIN'],
  ['create table if not exists migrations (owner text)', 'CREATE migrations'],
  ['vacuum', 'SQL'],
])('%s is %s', (text, summary) => {
  expect(querySummary(text)).toBe(summary);
});

test('any text has a summary of one line that quotes no value', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, value) => {
      const summary = querySummary(`${before} select a from b where c = '${value.replaceAll("'", "''")}'`);
      expect(summary).not.toMatch(/[\n']/);
    }),
  );
});
