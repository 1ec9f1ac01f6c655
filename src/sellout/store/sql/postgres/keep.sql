-- What is kept beside the sale, and starting over.

-- name: organiser_keys
-- Digests of the valid keys.
SELECT key_sha256 FROM organiser_keys;

-- name: remove_organiser_key
-- A key that gets another name.
DELETE FROM organiser_keys WHERE key_sha256 = :digest AND name <> :name;

-- name: set_organiser_key
-- A key gets a name; the key that had it is no longer valid.
INSERT INTO organiser_keys (name, key_sha256, created_at) VALUES (:name, :digest, :now)
ON CONFLICT (name) DO UPDATE SET key_sha256 = excluded.key_sha256;

-- name: lock_organiser_keys
-- Several nodes may start at once: one of them is first.
SELECT pg_advisory_xact_lock(hashtext('sellout.organiser_keys'));

-- name: add_first_organiser_key
-- A key where there is none yet.
INSERT INTO organiser_keys (name, key_sha256, created_at)
SELECT :name, :digest, :now
WHERE NOT EXISTS (SELECT 1 FROM organiser_keys)
RETURNING 1;

-- name: delete_all
-- Everything that was sold and put on sale.
TRUNCATE seals, movements, late_payments, used_keys, purchases, holds, waitlist, inventory, batches RESTART IDENTITY;
