-- Finding out what a database is, before anything is changed in it.

-- name: lock_schema
-- Several nodes may start at once: one of them brings the schema up to date while the others wait.
SELECT pg_advisory_xact_lock(hashtext('sellout.schema'));

-- name: tables
-- The names of all tables in the schema that Sellout would use.
SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename;

-- name: create_migrations
-- Where the applied migrations are recorded.
CREATE TABLE sellout_migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL);

-- name: applied
-- How many migrations have been applied.
SELECT coalesce(max(number), 0) FROM sellout_migrations;

-- name: record
-- One migration is done.
INSERT INTO sellout_migrations (number, name, applied_at)
VALUES (:number, :name, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
