#!/bin/sh
# Runs once, in an empty data folder: the logins of Sluice and of Temporal, each with what it needs and no more.
# The migration makes the role that may use Sluice's tables, and admits `sluice` to it.
set -eu

psql --set ON_ERROR_STOP=1 --set sluice="$SLUICE_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE sluice LOGIN PASSWORD :'sluice';
CREATE DATABASE sluice;
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
SQL
