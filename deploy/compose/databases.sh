#!/bin/bash
# Gives each service a database and a role of its own, with the password that the service has now. Changes nothing that is as it should be,
# so it can run at each start, and a changed password takes effect.
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
