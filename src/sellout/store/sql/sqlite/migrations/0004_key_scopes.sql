-- Organiser keys with scopes; one that is revoked stays, so that its name always means the same key.

-- What a key may do: its scopes in this order. Keys from before there were scopes may do all.
ALTER TABLE organiser_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read sell manage'
    CONSTRAINT scopes_are_known CHECK (
        scopes IN ('read', 'sell', 'manage', 'read sell', 'read manage', 'sell manage', 'read sell manage')
    );

-- A key is valid until then.
ALTER TABLE organiser_keys ADD COLUMN revoked_at INTEGER;

CREATE TRIGGER keys_are_not_changed BEFORE UPDATE OF name, key_sha256, scopes, created_at ON organiser_keys
BEGIN
    SELECT RAISE (ABORT, 'an organiser key is never changed: revoke it');
END;

CREATE TRIGGER revocations_are_final BEFORE UPDATE OF revoked_at ON organiser_keys WHEN old.revoked_at IS NOT NULL
BEGIN
    SELECT RAISE (ABORT, 'an organiser key is revoked once');
END;

CREATE TRIGGER keys_are_not_removed BEFORE DELETE ON organiser_keys
BEGIN
    SELECT RAISE (ABORT, 'an organiser key is never removed: revoke it');
END;
