-- Webhooks: who is told of what happens, the outbox of events, and how far each receiver has been told.

-- `event_types` is a JSON array. With a rotation the old secret still signs until `previous_until`.
-- One process delivers for an endpoint at a time: the one that holds its lease. Events up to `begins_after` are not for it.
CREATE TABLE webhook_endpoints (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    event_types TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until INTEGER,
    begins_after INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    disabled_because TEXT,
    lease_holder TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT previous_secret_has_an_end CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CONSTRAINT disabled_for_a_reason CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
) STRICT;

-- What has happened, in the order of each item. An event names the thing that it is about (a purchase, a hold, an entry)
-- and not what that looked like: all that an event shows of it never changes afterwards. An item changes, so `item` has
-- it as it was, as a JSON array in the order of the batch's own. `token` makes the event's id one that no other shop has.
CREATE TABLE outbox (
    event_no INTEGER PRIMARY KEY,
    token TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
    type TEXT NOT NULL,
    item_id TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    item TEXT,
    occurred_at INTEGER NOT NULL
) STRICT;

-- The next event of an item, of each type that an endpoint wants.
CREATE INDEX outbox_of_item ON outbox (item_id, type, event_no);

-- How far an endpoint has been told of an item, and what became of the last try.
CREATE TABLE webhook_cursors (
    endpoint_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    delivered_no INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    last_answer TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, item_id)
) STRICT, WITHOUT ROWID;

-- The database itself fills the outbox, in the transaction of what has happened, whoever writes. Where nobody wants to be
-- told, the condition is all that it costs.
CREATE TRIGGER purchase_is_told AFTER INSERT ON purchases
WHEN EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"purchase.created"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, occurred_at)
    VALUES ('purchase.created', new.item_id, new.id, new.purchased_at);
END;

CREATE TRIGGER refund_is_told AFTER UPDATE OF refunded_at ON purchases
WHEN old.refunded_at IS NULL AND new.refunded_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"purchase.refunded"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, occurred_at)
    VALUES ('purchase.refunded', new.item_id, new.id, new.refunded_at);
END;

CREATE TRIGGER expired_hold_is_told AFTER UPDATE OF state ON holds
WHEN new.state = 'expired' AND old.state <> 'expired' AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"hold.expired"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, occurred_at)
    VALUES ('hold.expired', new.item_id, new.id, new.ended_at);
END;

CREATE TRIGGER sold_out_is_told AFTER UPDATE OF capacity, sold ON inventory
WHEN new.sold = new.capacity AND old.sold <> old.capacity AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"item.sold_out"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, item, occurred_at)
    VALUES (
        'item.sold_out', new.id, new.id,
        json_array(
            new.id, new.item, new.capacity, new.sold, new.held, new.opens_at, new.closes_at, new.paused,
            new.limit_per_buyer, new.max_per_order, new.hold_seconds, new.payment_seconds, new.offer_seconds
        ),
        new.decided_at
    );
END;

-- Whoever joins while units are free has an offer at once; its instant is that of the joining.
CREATE TRIGGER offer_at_joining_is_told AFTER INSERT ON waitlist
WHEN new.state = 'offered' AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"waitlist.offered"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, occurred_at)
    VALUES ('waitlist.offered', new.item_id, new.id, new.joined_at);
END;

-- The hold of an offer is written before the entry is; its instant is that of the hold.
CREATE TRIGGER offer_is_told AFTER UPDATE OF state ON waitlist
WHEN new.state = 'offered' AND old.state <> 'offered' AND EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND instr(event_types, '"waitlist.offered"') > 0
)
BEGIN
    INSERT INTO outbox (type, item_id, subject_id, occurred_at)
    VALUES (
        'waitlist.offered', new.item_id, new.id,
        coalesce((SELECT h.held_at FROM holds AS h WHERE h.id = new.hold_id), new.joined_at)
    );
END;
