#!/bin/sh
# Makes and updates the two databases of Temporal. Safe to repeat: run it with each new version, before the server.
set -eu
schema() {
  database=$1
  folder=$2
  tool() {
    temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database" "$@"
  }
  # Both fail when it is there already; what matters is the update after them.
  tool create || true
  tool setup-schema -v 0.0 || true
  tool update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}
schema temporal temporal
schema temporal_visibility visibility
