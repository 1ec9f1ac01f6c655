-- The database and its two roles, for psql as a superuser. It may be run again: that only sets the passwords anew.
--
--     OWNER_PASSWORD=... SELLER_PASSWORD=... psql --file=roles.sql 'host=pg1,pg2,pg3 user=postgres target_session_attrs=read-write'
--
-- shop_owner   owns the tables. For `sellout db upgrade`, for `sellout reset` and for the target of `sellout db copy`:
--              the first makes tables, the second empties them, the third lets their triggers step aside.
-- seller       sells. For `sellout serve` and every other command: it reads and writes rows, and can change no table,
--              no trigger and so no movement of the ledger.

\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv seller_password SELLER_PASSWORD

SELECT 'CREATE ROLE shop_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_owner') \gexec
SELECT 'CREATE ROLE seller LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'seller') \gexec

ALTER ROLE shop_owner PASSWORD :'owner_password';
ALTER ROLE seller PASSWORD :'seller_password';

SELECT 'CREATE DATABASE shop OWNER shop_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \gexec

REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO seller;

\connect shop

-- Nobody but the owner makes anything in it. PostgreSQL 15 and newer begin so; older databases did not.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO seller;

-- The tables that there are, and those that the owner will make. Columns that number their rows need no grant of their
-- own; that for sequences is for any other that a migration may bring.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO seller;
-- SELECT is for pg_dump.
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO seller;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO seller;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO seller;
