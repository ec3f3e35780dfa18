-- graphile-worker looks for this table before it creates it, and Postgres logs that as an ERROR at the first start. So it is here already,
-- as graphile-worker itself creates it; the rest it adds by its own migrations.
create schema if not exists graphile_worker;
create table if not exists graphile_worker.migrations (
  id int primary key,
  ts timestamptz default now() not null,
  breaking boolean not null default false
);
