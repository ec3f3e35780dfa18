import { randomUUID } from 'node:crypto';
import { startPostgres, testDatabase } from '@waymark/local-stack';
import { openDatabase } from '@waymark/service-kit';
import { recordLog } from '@waymark/service-kit/testing';
import { inventoryService } from './service.ts';
import { reserve } from './reserve.ts';
import { releaseReservation } from './release-reservation.ts';
import { lines, refill } from './testing/shelf.ts';
const pgs = await startPostgres();
process.env['TEST_POSTGRES_URL'] = pgs.url;
const { log } = recordLog();
const d = await testDatabase();
const s = inventoryService({ HOST: '127.0.0.1', PORT: 0, DATABASE_URL: d.url, RESERVATION_TTL_SECONDS: 900 }, log);
await s.start?.(); await s.stop?.();
const db = openDatabase(d.url, log);
await refill(db);
await db.query('update products set available = 1000');
console.log((await db.query<any>(`explain with back as (select sku, sum(quantity)::int as quantity from reservation_lines where order_id = any('{00000000-0000-0000-0000-000000000000}'::uuid[]) group by sku),
       locked as (select sku from products where sku in (select sku from back) order by sku collate "C" for no key update)
     update products set available = available + back.quantity from back join locked using (sku) where products.sku = back.sku`)).map((r) => r['QUERY PLAN']).join('\n'));
const there = lines({ bell: 1, lamp: 1, stool: 1 });
try {
for (let round = 0; round < 50; round += 1) {
    await Promise.all(Array.from({ length: 8 }, async (_, at) => { const id = randomUUID(); await reserve(db, id, at % 2 === 0 ? there : there.toReversed(), 900); await releaseReservation(db, id); }));
}
} catch (e) { console.log(String(e)); }
await new Promise((r) => setTimeout(r, 500));
console.log(pgs.child.lines().filter((l) => !/checkpoint/.test(l)).slice(-30).join('\n'));
await db.close(); await pgs.close();
