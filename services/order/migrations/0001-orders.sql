-- An Idempotency-Key is claimed before anything else happens: whoever sends it again means the same order.
create table placements (
  user_id uuid not null,
  key text not null,
  order_id uuid not null unique,
  request_hash bytea not null,
  claimed_at timestamptz not null default now(),
  primary key (user_id, key)
);

create table orders (
  id uuid primary key,
  user_id uuid not null,
  status text not null check (status in ('pending', 'fulfilled', 'rejected', 'cancelled', 'dead_letter')),
  reason text,
  -- From here on the order can no longer be cancelled.
  payment_started boolean not null default false,
  lines jsonb not null,
  total_cents int not null check (total_cents >= 0),
  currency text not null,
  created_at timestamptz not null default now()
);
create index orders_of_user on orders (user_id, created_at desc, id desc);

-- What the simulated payment provider remembers, by order: it never charges one twice.
create table payments (
  order_id uuid primary key,
  amount_cents int not null,
  attempts int not null default 1,
  outcome text check (outcome in ('accepted', 'declined', 'refunded'))
);
