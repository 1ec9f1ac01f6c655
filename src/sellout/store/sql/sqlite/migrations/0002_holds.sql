-- Holds with their payment and their end, the waiting list, baskets; and the ledger's movements of held units.

ALTER TABLE inventory ADD COLUMN payment_seconds INTEGER NOT NULL DEFAULT 900
    CONSTRAINT payment_seconds_is_positive CHECK (payment_seconds > 0);
ALTER TABLE inventory ADD COLUMN offer_seconds INTEGER NOT NULL DEFAULT 600
    CONSTRAINT offer_seconds_is_positive CHECK (offer_seconds > 0);

-- Who waits. An entry is offered one hold at most, under the id `hold_id`; what becomes of that is the hold's to tell.
-- `position` is the place at which the entry joined, NULL where units were free.
CREATE TABLE waitlist (
    entry_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    item_id TEXT NOT NULL REFERENCES inventory (id),
    buyer TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    contact TEXT,
    hold_id TEXT NOT NULL UNIQUE,
    position INTEGER,
    state TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    CONSTRAINT buyer_has_a_name CHECK (buyer <> ''),
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT state_is_known CHECK (state IN ('waiting', 'offered', 'lapsed', 'left'))
) STRICT;

-- The first of each quantity, for offers; and the places of those who wait.
CREATE INDEX waiting_by_quantity ON waitlist (item_id, quantity, entry_no) WHERE state = 'waiting';
CREATE INDEX waiting_in_order ON waitlist (item_id, entry_no) WHERE state = 'waiting';

-- A hold is open until `ended_at`. Past `expires_at` its units are free, whether or not that was written yet.
CREATE TABLE holds (
    hold_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    item_id TEXT NOT NULL REFERENCES inventory (id),
    item TEXT NOT NULL,
    buyer TEXT NOT NULL DEFAULT '',
    quantity INTEGER NOT NULL,
    idempotency_key TEXT,
    held_at INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'held',
    ended_at INTEGER,
    basket_id TEXT,
    entry_id TEXT REFERENCES waitlist (id),
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT state_is_known CHECK (state IN ('held', 'paying', 'confirmed', 'released', 'expired')),
    CONSTRAINT open_or_ended CHECK ((state IN ('held', 'paying')) = (ended_at IS NULL)),
    CONSTRAINT payment_moves_the_deadline_later CHECK (expires_at >= held_until)
) STRICT;

-- One hold a key. It also finds all holds of a buyer, for the limit per buyer.
CREATE UNIQUE INDEX one_hold_per_key ON holds (item_id, buyer, idempotency_key);

-- The open holds of an item, the earliest deadline first; with all that a reading or a decision needs of most of them.
CREATE INDEX open_holds ON holds (item_id, expires_at, quantity, id) WHERE ended_at IS NULL;

CREATE INDEX holds_of_basket ON holds (basket_id) WHERE basket_id IS NOT NULL;

ALTER TABLE purchases ADD COLUMN hold_id TEXT REFERENCES holds (id);
ALTER TABLE purchases ADD COLUMN payment_ref TEXT;
ALTER TABLE purchases ADD COLUMN basket_id TEXT;
CREATE UNIQUE INDEX one_purchase_per_hold ON purchases (hold_id) WHERE hold_id IS NOT NULL;
CREATE UNIQUE INDEX one_hold_per_payment ON purchases (payment_ref) WHERE payment_ref IS NOT NULL;
CREATE INDEX purchases_of_basket ON purchases (basket_id) WHERE basket_id IS NOT NULL;

-- Idempotency keys of requests that made no purchase and no hold of their own; those carry theirs themselves.
-- The item of a basket's key is ''.
CREATE TABLE used_keys (
    item_id TEXT NOT NULL,
    buyer TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, buyer, idempotency_key),
    CONSTRAINT action_is_known CHECK (action IN ('pay', 'refund', 'join', 'buy_basket', 'hold_basket'))
) STRICT, WITHOUT ROWID;

-- Payments that came when their hold had expired and its units were gone: each is to be given back, once.
CREATE TABLE late_payments (
    payment_ref TEXT NOT NULL PRIMARY KEY,
    hold_id TEXT NOT NULL REFERENCES holds (id),
    item_id TEXT NOT NULL REFERENCES inventory (id),
    quantity INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX late_payments_of_item ON late_payments (item_id);

-- The ledger gets holds and their kinds of movement. A CHECK cannot be changed in place, so the table is made anew;
-- triggers that name it step aside meanwhile.
DROP TRIGGER added_item_moves;
DROP TRIGGER changed_capacity_moves;
DROP TRIGGER purchase_moves;
DROP TRIGGER refund_moves;

CREATE TABLE new_movements (
    movement_no INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL REFERENCES inventory (id),
    kind TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    held INTEGER NOT NULL,
    purchase_id TEXT REFERENCES purchases (id),
    hold_id TEXT REFERENCES holds (id),
    moved_at INTEGER NOT NULL,
    CONSTRAINT kind_moves_its_counters CHECK (
        CASE kind
            WHEN 'restock' THEN capacity <> 0 AND sold = 0 AND held = 0
            WHEN 'buy' THEN capacity = 0 AND sold > 0 AND held = 0
            WHEN 'refund' THEN capacity = 0 AND sold < 0 AND held = 0
            WHEN 'hold' THEN capacity = 0 AND sold = 0 AND held > 0
            WHEN 'confirm' THEN capacity = 0 AND sold = 0 AND held < 0
            WHEN 'release' THEN capacity = 0 AND sold = 0 AND held < 0
            WHEN 'expire' THEN capacity = 0 AND sold = 0 AND held < 0
            ELSE FALSE
        END
    ),
    CONSTRAINT kind_names_its_cause CHECK (
        CASE kind
            WHEN 'restock' THEN purchase_id IS NULL AND hold_id IS NULL
            WHEN 'buy' THEN purchase_id IS NOT NULL AND hold_id IS NULL
            WHEN 'refund' THEN purchase_id IS NOT NULL AND hold_id IS NULL
            ELSE purchase_id IS NULL AND hold_id IS NOT NULL
        END
    )
) STRICT;

INSERT INTO new_movements (movement_no, item_id, kind, capacity, sold, held, purchase_id, moved_at)
SELECT movement_no, item_id, kind, capacity, sold, held, purchase_id, moved_at
FROM movements
ORDER BY movement_no;

DROP TABLE movements;

ALTER TABLE new_movements RENAME TO movements;

CREATE TRIGGER movements_are_not_changed BEFORE UPDATE ON movements
BEGIN
    SELECT RAISE (ABORT, 'movements are append-only: a movement cannot be changed');
END;

CREATE TRIGGER movements_are_not_removed BEFORE DELETE ON movements
BEGIN
    SELECT RAISE (ABORT, 'movements are append-only: a movement cannot be removed');
END;

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

CREATE TRIGGER hold_moves AFTER INSERT ON holds
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, hold_id, moved_at)
    VALUES (new.item_id, 'hold', 0, 0, new.quantity, new.id, new.held_at);
END;

CREATE TRIGGER ended_hold_moves AFTER UPDATE OF ended_at ON holds WHEN old.ended_at IS NULL AND new.ended_at IS NOT NULL
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, hold_id, moved_at)
    VALUES (
        new.item_id,
        CASE new.state WHEN 'confirmed' THEN 'confirm' WHEN 'released' THEN 'release' ELSE 'expire' END,
        0, 0, -new.quantity, new.id, new.ended_at
    );
END;

DROP TRIGGER purchases_are_not_changed;

CREATE TRIGGER purchases_are_not_changed
BEFORE UPDATE OF id, item_id, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref, basket_id ON purchases
BEGIN
    SELECT RAISE (ABORT, 'a purchase is never changed: refund it');
END;

CREATE TRIGGER holds_are_not_removed BEFORE DELETE ON holds
BEGIN
    SELECT RAISE (ABORT, 'a hold is never removed: release it');
END;

CREATE TRIGGER holds_are_not_changed
BEFORE UPDATE OF id, item_id, buyer, quantity, idempotency_key, held_at, held_until, basket_id, entry_id ON holds
BEGIN
    SELECT RAISE (ABORT, 'a hold is never changed but for its deadline and its end');
END;

-- The one way out of an end: units of an expired hold that can be had again when its payment arrives late.
CREATE TRIGGER ended_holds_stay_ended BEFORE UPDATE OF state, ended_at, expires_at ON holds
WHEN old.ended_at IS NOT NULL AND NOT (old.state = 'expired' AND new.state = 'confirmed')
BEGIN
    SELECT RAISE (ABORT, 'a hold that has ended stays ended');
END;
