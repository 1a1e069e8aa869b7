#!/bin/sh
# Runs once, in an empty data folder: the logins of Sluice and of Temporal, each with what it needs and no more.
# The migration makes the roles that may use Sluice's tables, and admits `sluice` (API) and `sluice_worker` to them.
set -eu

psql --set ON_ERROR_STOP=1 --set sluice="$SLUICE_DB_PASSWORD" --set worker="$SLUICE_WORKER_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE sluice LOGIN PASSWORD :'sluice';
CREATE ROLE sluice_worker LOGIN PASSWORD :'worker';
CREATE DATABASE sluice;
-- Temporal's login has no business there; the migration lets in the roles that do.
REVOKE CONNECT ON DATABASE sluice FROM PUBLIC;
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
SQL
