-- Finding out what a file is, before anything is changed in it.

-- name: tables
-- The names of all tables.
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name;

-- name: create_migrations
-- Where the applied migrations are recorded.
CREATE TABLE sellout_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;

-- name: applied
-- How many migrations have been applied.
SELECT coalesce(max(number), 0) FROM sellout_migrations;

-- name: record
-- One migration is done.
INSERT INTO sellout_migrations (number, name, applied_at) VALUES (:number, :name, :now);
