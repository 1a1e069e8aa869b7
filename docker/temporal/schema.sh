#!/bin/sh
# Temporal's two databases, brought to the schema of this version. Safe to run again: each step does what is missing.
set -eu

prepare() {
  database=$1
  schema=$2
  set -- --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database"
  temporal-sql-tool "$@" create
  temporal-sql-tool "$@" setup-schema -v 0.0
  temporal-sql-tool "$@" update-schema -d "$SCHEMAS/$schema/versioned"
}

SCHEMAS=${SCHEMAS:-/etc/temporal/schema/postgresql/v12}
prepare temporal temporal
prepare temporal_visibility visibility
