#!/bin/bash
# Runs once, on an empty data folder: one database and one role for each service, none of which can see another's.
set -euo pipefail

for service in identity wallet payments catalog notifications; do
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set service="$service" --set password="$(cat "/run/secrets/$service-database-password")" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
