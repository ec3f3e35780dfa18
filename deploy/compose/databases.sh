#!/bin/bash
# Creates a database and a role for each service, and sets the service's current password. It is idempotent and runs at each start, so a changed
# password takes effect.
set -euo pipefail

until pg_isready -q; do sleep 0.2; done

for service in auth order inventory; do
  password="${service^^}_DB_PASSWORD"
  PASSWORD=${!password} psql -X -q -v ON_ERROR_STOP=1 -v service="$service" <<'SQL'
\getenv password PASSWORD
select format('create role %I login', :'service') where not exists (select from pg_roles where rolname = :'service') \gexec
alter role :"service" password :'password';
select format('create database %I owner %I', :'service', :'service') where not exists (select from pg_database where datname = :'service') \gexec
revoke all on database :"service" from public;
SQL
done
