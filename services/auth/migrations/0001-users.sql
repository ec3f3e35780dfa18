create table users (
  id uuid primary key default gen_random_uuid(),
  -- Lower case.
  email text not null unique,
  -- scrypt, with its parameters and salt.
  password text not null
);

create table sessions (
  -- SHA-256 of the token: who reads this table can log in as nobody.
  token_hash bytea primary key,
  user_id uuid not null references users,
  expires_at timestamptz not null
);
create index sessions_of_user on sessions (user_id);
