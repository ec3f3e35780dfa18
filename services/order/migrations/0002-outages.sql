-- Until when an order must be fulfilled. After that it is rejected and its payment given back. Orders from before have no limit.
alter table orders add column fulfil_by timestamptz;

-- A placement whose order was not made, and whose stock is on its way back: its key stands for a new order from now on.
alter table placements add column abandoned boolean not null default false;
create index placements_by_age on placements (claimed_at);
