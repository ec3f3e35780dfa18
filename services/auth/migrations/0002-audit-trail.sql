-- Who logged in and out, and which log-ins were refused. A row without a user is a refused log-in to an account that does not exist.
create table audit_trail (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  event text not null check (event in ('logged in', 'log-in refused', 'logged out')),
  user_id uuid references users,
  address text,
  -- The trace of the request.
  trace_id text
);
create index audit_trail_by_time on audit_trail (at);
