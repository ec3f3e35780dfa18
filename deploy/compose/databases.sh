#!/bin/bash
# Runs once, when the volume is new: each service gets a database of its own, and a user that can reach no other.
set -euo pipefail
for service in auth order inventory; do
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v service="$service" -v password="$POSTGRES_PASSWORD" <<'SQL'
create role :"service" login password :'password';
create database :"service" owner :"service";
revoke connect on database :"service" from public;
SQL
done
