-- Seals: the ledger of each item as a chain of hashes, so that a movement that was changed or removed is found.

-- An item's movements in their order: those that no seal covers yet, and pages of the ledger.
CREATE INDEX movements_of_item ON movements (item_id, movement_no);

-- A seal covers the item's movements after the seal before it, up to `through_no`. docs/ledger.md says how its digest is
-- made. Seals of an item are numbered from 1 without gaps.
CREATE TABLE seals (
    item_id text COLLATE "C" NOT NULL REFERENCES inventory (id),
    seal_no bigint NOT NULL,
    through_no bigint NOT NULL,
    movements bigint NOT NULL,
    digest text NOT NULL,
    sealed_at bigint NOT NULL,
    PRIMARY KEY (item_id, seal_no),
    CONSTRAINT seal_no_is_positive CHECK (seal_no > 0),
    CONSTRAINT movements_is_positive CHECK (movements > 0)
);

-- The number of the item's last seal: without it nobody would miss that one.
ALTER TABLE inventory ADD COLUMN seals bigint NOT NULL DEFAULT 0;

CREATE FUNCTION count_seals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory SET seals = new.seal_no WHERE id = new.item_id;
    RETURN NULL;
END $$;

CREATE TRIGGER seals_are_counted AFTER INSERT ON seals FOR EACH ROW EXECUTE FUNCTION count_seals();

CREATE TRIGGER seals_are_not_changed BEFORE UPDATE ON seals
FOR EACH ROW EXECUTE FUNCTION refuse('seals are append-only: a seal cannot be changed');

CREATE TRIGGER seals_are_not_removed BEFORE DELETE ON seals
FOR EACH ROW EXECUTE FUNCTION refuse('seals are append-only: a seal cannot be removed');

-- Whoever moves units holds the item's row from before the movement has its number until the end: so an item's movements
-- are numbered in the order in which they are committed, and none appears behind a seal. Adding a purchase or a hold
-- takes the row by its foreign key; what ends one takes it here.
CREATE OR REPLACE FUNCTION refunds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM inventory WHERE id IN (
        SELECT after.item_id FROM after JOIN before USING (purchase_no)
        WHERE before.refunded_at IS NULL AND after.refunded_at IS NOT NULL
    ) ORDER BY id FOR KEY SHARE;
    INSERT INTO movements (item_id, kind, capacity, sold, held, purchase_id, moved_at)
    SELECT after.item_id, 'refund', 0, -after.quantity, 0, after.id, after.refunded_at
    FROM after JOIN before USING (purchase_no)
    WHERE before.refunded_at IS NULL AND after.refunded_at IS NOT NULL
    ORDER BY purchase_no;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ended_holds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM inventory WHERE id IN (
        SELECT after.item_id FROM after JOIN before USING (hold_no)
        WHERE before.ended_at IS NULL AND after.ended_at IS NOT NULL
    ) ORDER BY id FOR KEY SHARE;
    INSERT INTO movements (item_id, kind, capacity, sold, held, hold_id, moved_at)
    SELECT after.item_id,
           CASE after.state WHEN 'confirmed' THEN 'confirm' WHEN 'released' THEN 'release' ELSE 'expire' END,
           0, 0, -after.quantity, after.id, after.ended_at
    FROM after JOIN before USING (hold_no)
    WHERE before.ended_at IS NULL AND after.ended_at IS NOT NULL
    ORDER BY hold_no;
    RETURN NULL;
END $$;
