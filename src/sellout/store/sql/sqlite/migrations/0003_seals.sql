-- Seals: the ledger of each item as a chain of hashes, so that a movement that was changed or removed is found.

-- An item's movements in their order: those that no seal covers yet, and pages of the ledger.
CREATE INDEX movements_of_item ON movements (item_id);

-- A seal covers the item's movements after the seal before it, up to `through_no`. docs/ledger.md says how its digest is
-- made. Seals of an item are numbered from 1 without gaps.
CREATE TABLE seals (
    item_id TEXT NOT NULL REFERENCES inventory (id),
    seal_no INTEGER NOT NULL,
    through_no INTEGER NOT NULL,
    movements INTEGER NOT NULL,
    digest TEXT NOT NULL,
    sealed_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, seal_no),
    CONSTRAINT seal_no_is_positive CHECK (seal_no > 0),
    CONSTRAINT movements_is_positive CHECK (movements > 0)
) STRICT, WITHOUT ROWID;

-- The number of the item's last seal: without it nobody would miss that one.
ALTER TABLE inventory ADD COLUMN seals INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER seals_are_counted AFTER INSERT ON seals
BEGIN
    UPDATE inventory SET seals = new.seal_no WHERE id = new.item_id;
END;

CREATE TRIGGER seals_are_not_changed BEFORE UPDATE ON seals
BEGIN
    SELECT RAISE (ABORT, 'seals are append-only: a seal cannot be changed');
END;

CREATE TRIGGER seals_are_not_removed BEFORE DELETE ON seals
BEGIN
    SELECT RAISE (ABORT, 'seals are append-only: a seal cannot be removed');
END;
