-- The trace of the request that placed the order. Orders from before have none.
alter table orders add column trace_id text;
