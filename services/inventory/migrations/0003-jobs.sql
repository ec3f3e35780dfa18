-- A reservation now expires by a job of its own. Those from before have none: they expire here, and are taken up again when they are paid.
with expired as (update reservations set status = 'expired' where status = 'held' returning order_id),
     given as (select sku, sum(quantity) as quantity from reservation_lines join expired using (order_id) group by sku)
update products set available = available + given.quantity from given where products.sku = given.sku;
drop index reservations_to_expire;

-- For the stock report: when a reservation was committed, in which trace, and when that was reported. What was sold before was never asked for.
alter table reservations add column sold_at timestamptz, add column sold_in json not null default '{}', add column reported_at timestamptz;
update reservations set reported_at = now() where status = 'committed';
create index reservations_to_report on reservations (sold_at) where status = 'committed' and reported_at is null;
