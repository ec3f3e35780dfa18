create table products (
  sku text primary key,
  name text not null,
  price_cents int not null check (price_cents >= 0),
  position int not null,
  -- What can still be sold: neither held for an order nor gone. The check is the last line of defence against overselling.
  available int not null check (available >= 0)
);

-- At most one per order, ever: it says for good what became of the order's stock.
create table reservations (
  order_id uuid primary key,
  status text not null check (status in ('held', 'committed', 'released', 'expired')),
  expires_at timestamptz not null
);
create index reservations_to_expire on reservations (expires_at) where status = 'held';

create table reservation_lines (
  order_id uuid not null references reservations,
  position int not null,
  sku text not null references products,
  quantity int not null check (quantity > 0),
  unit_price_cents int not null,
  primary key (order_id, sku)
);
