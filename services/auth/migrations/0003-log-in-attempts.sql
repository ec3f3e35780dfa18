-- How often log-ins failed, by address and by account, so that all processes of the service count together. E-mail addresses are hashed.
create table log_in_attempts (
  key text primary key,
  count int not null check (count >= 0),
  until timestamptz not null
);
create index log_in_attempts_by_age on log_in_attempts (until);

-- Where the owner of an account has logged in before.
create index audit_trail_of_log_ins on audit_trail (user_id, address, at) where event = 'logged in';

create index sessions_by_age on sessions (expires_at);
