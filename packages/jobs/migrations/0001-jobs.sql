-- Workers that are alive: each pool says so every second. The jobs of one that no longer does are given to others.
create table job_workers (
  id text primary key,
  seen_at timestamptz not null default now()
);

-- Jobs that failed at their last attempt, with all that is needed to understand them and to run them again.
create table dead_letters (
  message_id uuid primary key,
  job text not null,
  message json not null,
  attempts int not null,
  last_error text,
  died_at timestamptz not null default now()
);
