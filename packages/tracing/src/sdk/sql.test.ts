import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { querySummary, withoutLiterals } from './sql.ts';

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
  ['select a is distinct from b from orders', 'SELECT orders'],
  ['select a is not distinct   from b, c from orders', 'SELECT orders'],
  ['update products set a = 1 where b is distinct from c', 'UPDATE products'],
  ['call close_books($1, now())', 'CALL close_books'],
  ['copy orders (id, total) from stdin', 'COPY orders'],
  ['copy (select * from orders) to stdout', 'COPY'],
  ["set local statement_timeout = '5s'", 'SET statement_timeout'],
  ['set search_path to shop', 'SET search_path'],
  ['show server_version', 'SHOW server_version'],
  ['with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t', 'SELECT t'],
  ['with gone as (delete from carts returning *) insert into archive select * from gone', 'INSERT archive'],
  ['-- call it\nselect /* from a */ 1 from b', 'SELECT b'],
  ['vacuum', 'SQL'],
])('the summary of %s is %s', (text, summary) => {
  expect(querySummary(text)).toBe(summary);
});

test('the summary of any text is one line without literals', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, value) => {
      const summary = querySummary(`${before} select a from b where c = '${value.replaceAll("'", "''")}'`);
      expect(summary).not.toMatch(/[\n']/);
    }),
  );
});

test.each([
  ["select * from users where email = 'ada@waymark.test' and age > 36", 'select * from users where email = ? and age > ?'],
  ["select 'it''s', E'it\\'s', e'\\\\', b'101', X'1F', U&'d\\0061ta', n'x', ''", 'select ?, ?, ?, ?, ?, ?, ?, ?'],
  ['select $$hunter2$$, $tag$ it is $$hunter2$$ $tag$, $A$x$a$hunter2$A$', 'select ?, ?, ?'],
  ['select 1, 1.5, .5, 1e10, 1.5E-3, 0x1F, 1_000, -7', 'select ?, ?, ?, ?, ?, ?, ?, -?'],
  ['insert into t1 (a2) values (1,2),(3,4)', 'insert into t1 (a2) values (?,?),(?,?)'],
  ['select "hunter 2", t1.a$1, größe2 from "o""dd"', 'select "hunter 2", t1.a$1, größe2 from "o""dd"'],
  ['select a -- of hunter2\nfrom b /* of /* hunter2 */ hunter2 */ where c', 'select a  \nfrom b   where c'],
  ['select $1, $2::text, a[1]', 'select $1, $2::text, a[?]'],
  ["select date'2020-01-01', like'x', null, true", 'select date?, like?, null, true'],
  ["notify news, 'hunter2'", 'notify news, ?'],
  ["select 'not closed hunter2", 'select ?'],
  ["select E'not closed hunter2\\", 'select ?'],
  ['select $tag$not closed hunter2', 'select ?'],
  ['select /* not closed hunter2', 'select  '],
  ['select "not closed', 'select "not closed'],
  ['', ''],
])('%s is shown as %s', (text, shown) => {
  expect(withoutLiterals(text)).toBe(shown);
});

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom(...Array.from(`'"$\\/*-eE1 \n`)) }));
const literal = fc.oneof(
  text.map((value) => `'${value.replaceAll("'", "''")}'`),
  text.map((value) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  text.map((value) => `$body$${value.replaceAll('$', '')}$body$`),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }).map(String),
  fc.nat().map(String),
);

const statement = (a: string, b: string): string => `select a1 from "b 2" where c = ${a} and (d > ${b}) or e = $1`;

test('removes literals and nothing else', () => {
  fc.assert(
    fc.property(literal, literal, (one, other) => {
      expect(withoutLiterals(statement(one, other))).toBe(statement('?', '?'));
    }),
  );
});

test('processes any text quickly and without an error', () => {
  fc.assert(fc.property(text, (any) => expect(typeof withoutLiterals(any)).toBe('string')));
  for (const part of ["'", '"', '$a$', '$$', '/*', '--', "E'\\", '1.', '(', 'e1e+', '.', 'é$']) {
    expect(withoutLiterals(part.repeat(20_000)).length).toBeLessThanOrEqual(part.length * 20_000);
  }
});
