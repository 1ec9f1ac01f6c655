-- What is kept beside the sale, and starting over.

-- name: organiser_keys
-- Digests of the valid keys.
SELECT key_sha256 FROM organiser_keys;

-- name: set_organiser_key
-- A key gets a name; the key that had it is no longer valid.
INSERT INTO organiser_keys (name, key_sha256, created_at) VALUES (:name, :digest, :now)
ON CONFLICT DO UPDATE SET name = :name, key_sha256 = :digest;

-- name: add_first_organiser_key
-- A key where there is none yet.
INSERT INTO organiser_keys (name, key_sha256, created_at)
SELECT :name, :digest, :now
WHERE NOT EXISTS (SELECT 1 FROM organiser_keys)
RETURNING 1;

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
