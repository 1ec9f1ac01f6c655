-- The sale: items with their counters, purchases, and the ledger of movements.
-- Instants are integers: microseconds since 1970-01-01 in UTC.

-- `item` (the name), `stock`, and the table `purchases` with `item` and `timestamp` are what the first version of this
-- program called them; other programs may read them under these names.
CREATE TABLE inventory (
    id TEXT NOT NULL PRIMARY KEY,
    item TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    sold INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    stock INTEGER GENERATED ALWAYS AS (capacity - sold - held) VIRTUAL,
    opens_at INTEGER,
    closes_at INTEGER,
    paused INTEGER NOT NULL DEFAULT 0,
    limit_per_buyer INTEGER,
    max_per_order INTEGER NOT NULL,
    hold_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    CONSTRAINT never_oversold CHECK (sold + held <= capacity),
    CONSTRAINT sold_is_not_negative CHECK (sold >= 0),
    CONSTRAINT held_is_not_negative CHECK (held >= 0),
    CONSTRAINT opens_before_it_closes CHECK (opens_at < closes_at),
    CONSTRAINT paused_is_a_flag CHECK (paused IN (0, 1)),
    CONSTRAINT limit_per_buyer_is_positive CHECK (limit_per_buyer > 0),
    CONSTRAINT max_per_order_is_positive CHECK (max_per_order > 0),
    CONSTRAINT hold_seconds_is_positive CHECK (hold_seconds > 0)
) STRICT;

-- `buyer` is '' where the buyer gave no name. `item` is the item's name when it was sold, as on a receipt.
CREATE TABLE purchases (
    purchase_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    item_id TEXT NOT NULL REFERENCES inventory (id),
    item TEXT NOT NULL,
    buyer TEXT NOT NULL DEFAULT '',
    quantity INTEGER NOT NULL,
    idempotency_key TEXT,
    purchased_at INTEGER NOT NULL,
    refunded_at INTEGER,
    timestamp TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', purchased_at / 1000000.0, 'unixepoch')) VIRTUAL,
    CONSTRAINT quantity_is_positive CHECK (quantity > 0)
) STRICT;

-- One purchase a key. It also finds all purchases of a buyer, for the limit per buyer.
CREATE UNIQUE INDEX one_purchase_per_key ON purchases (item_id, buyer, idempotency_key);

-- The pages of an item's purchases, in the order of their sale.
CREATE INDEX purchases_of_item ON purchases (item_id);

CREATE TABLE movements (
    movement_no INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL REFERENCES inventory (id),
    kind TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    held INTEGER NOT NULL,
    purchase_id TEXT REFERENCES purchases (id),
    moved_at INTEGER NOT NULL,
    CONSTRAINT kind_moves_its_counters CHECK (
        CASE kind
            WHEN 'restock' THEN capacity <> 0 AND sold = 0 AND held = 0 AND purchase_id IS NULL
            WHEN 'buy' THEN capacity = 0 AND sold > 0 AND held = 0 AND purchase_id IS NOT NULL
            WHEN 'refund' THEN capacity = 0 AND sold < 0 AND held = 0 AND purchase_id IS NOT NULL
            ELSE FALSE
        END
    )
) STRICT;

-- The database itself keeps the ledger: no program that writes to this file can move units without a movement.
CREATE TRIGGER added_item_moves AFTER INSERT ON inventory WHEN new.capacity <> 0
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, moved_at)
    VALUES (new.id, 'restock', new.capacity, 0, 0, new.created_at);
END;

CREATE TRIGGER changed_capacity_moves AFTER UPDATE OF capacity ON inventory WHEN new.capacity <> old.capacity
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, moved_at)
    VALUES (new.id, 'restock', new.capacity - old.capacity, 0, 0, new.decided_at);
END;

CREATE TRIGGER purchase_moves AFTER INSERT ON purchases
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, purchase_id, moved_at)
    VALUES (new.item_id, 'buy', 0, new.quantity, 0, new.id, new.purchased_at);
END;

CREATE TRIGGER refund_moves AFTER UPDATE OF refunded_at ON purchases WHEN old.refunded_at IS NULL
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, purchase_id, moved_at)
    VALUES (new.item_id, 'refund', 0, -new.quantity, 0, new.id, new.refunded_at);
END;

CREATE TRIGGER purchases_are_not_removed BEFORE DELETE ON purchases
BEGIN
    SELECT RAISE (ABORT, 'a purchase is never removed: refund it');
END;

CREATE TRIGGER purchases_are_not_changed BEFORE UPDATE OF id, item_id, buyer, quantity, idempotency_key, purchased_at
ON purchases
BEGIN
    SELECT RAISE (ABORT, 'a purchase is never changed: refund it');
END;

CREATE TRIGGER refunds_are_final BEFORE UPDATE OF refunded_at ON purchases WHEN old.refunded_at IS NOT NULL
BEGIN
    SELECT RAISE (ABORT, 'a purchase is refunded once');
END;

CREATE TRIGGER movements_are_not_changed BEFORE UPDATE ON movements
BEGIN
    SELECT RAISE (ABORT, 'movements are append-only: a movement cannot be changed');
END;

CREATE TRIGGER movements_are_not_removed BEFORE DELETE ON movements
BEGIN
    SELECT RAISE (ABORT, 'movements are append-only: a movement cannot be removed');
END;

-- Organisers' keys. A key itself is never stored.
CREATE TABLE organiser_keys (
    name TEXT NOT NULL PRIMARY KEY,
    key_sha256 TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
