-- Reservations that ended are removed after a while, and their lines with them.
alter table reservation_lines drop constraint reservation_lines_order_id_fkey;
alter table reservation_lines add foreign key (order_id) references reservations on delete cascade;
create index reservations_by_age on reservations (expires_at) where status <> 'held';
