-- What is kept beside the sale, and starting over.

-- name: secret
-- A secret of the shop.
SELECT secret FROM secrets WHERE name = :name;

-- name: insert_secret
-- A secret, where there is none.
INSERT INTO secrets (name, secret, made_at) VALUES (:name, :secret, :now) ON CONFLICT (name) DO NOTHING;

-- name: organiser_keys
-- All keys, in the order in which they were made.
SELECT name, key_sha256, scopes, created_at, revoked_at FROM organiser_keys ORDER BY created_at, name;

-- name: lock_organiser_keys
-- The transaction has the lock of the whole file.
SELECT 1;

-- name: insert_organiser_key
-- A new key.
INSERT INTO organiser_keys (name, key_sha256, scopes, created_at) VALUES (:name, :digest, :scopes, :now);

-- name: revoke_organiser_key
-- A key is valid no longer.
UPDATE organiser_keys SET revoked_at = :now WHERE name = :name;

-- name: triggers
-- The triggers that keep purchases and movements from being removed.
SELECT name, sql FROM sqlite_schema WHERE type = 'trigger';

-- name: delete_all
-- Everything that was sold and put on sale.
DELETE FROM seals;
DELETE FROM movements;
DELETE FROM late_payments;
DELETE FROM used_keys;
DELETE FROM purchases;
DELETE FROM holds;
DELETE FROM waitlist;
DELETE FROM inventory;
DELETE FROM webhook_cursors;
DELETE FROM outbox;
UPDATE webhook_endpoints SET begins_after = 0;
