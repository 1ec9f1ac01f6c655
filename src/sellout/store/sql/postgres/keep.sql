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
-- Several nodes may start at once: one of them is first.
SELECT pg_advisory_xact_lock(hashtext('sellout.organiser_keys'));

-- name: insert_organiser_key
-- A new key.
INSERT INTO organiser_keys (name, key_sha256, scopes, created_at) VALUES (:name, :digest, :scopes, :now);

-- name: revoke_organiser_key
-- A key is valid no longer.
UPDATE organiser_keys SET revoked_at = :now WHERE name = :name;

-- name: delete_all
-- Everything that was sold and put on sale.
TRUNCATE seals, movements, late_payments, used_keys, purchases, holds, waitlist, batches RESTART IDENTITY;

-- name: let_items_go
-- Who looked before a TRUNCATE committed and reads the table only then finds it empty: it keeps no row for older snapshots.
-- So items are deleted, and the trigger that forbids it steps aside for this one transaction.
ALTER TABLE inventory DISABLE TRIGGER items_are_not_removed;

-- name: delete_items
-- All items.
DELETE FROM inventory;

-- name: keep_items
-- The trigger is back.
ALTER TABLE inventory ENABLE TRIGGER items_are_not_removed;

-- name: delete_events
-- All that was to be told. The numbers of events go on, because endpoints know up to which they were told.
WITH cursors AS (DELETE FROM webhook_cursors) DELETE FROM outbox;
