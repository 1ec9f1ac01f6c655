-- Webhooks: who is told of what happens, the outbox of events, and how far each receiver has been told. The words are those
-- of the SQLite schema.

-- `event_types` is a JSON array. With a rotation the old secret still signs until `previous_until`.
-- One process delivers for an endpoint at a time: the one that holds its lease. Events up to `begins_after` are not for it.
CREATE TABLE webhook_endpoints (
    id text COLLATE "C" PRIMARY KEY,
    url text NOT NULL,
    event_types text NOT NULL,
    secret text NOT NULL,
    previous_secret text,
    previous_until bigint,
    begins_after bigint NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    disabled_because text,
    lease_holder text,
    lease_until bigint NOT NULL DEFAULT 0,
    CONSTRAINT previous_secret_has_an_end CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CONSTRAINT disabled_for_a_reason CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
);

-- What has happened, in the order of each item. An event names the thing that it is about (a purchase, a hold, an entry)
-- and not what that looked like: all that an event shows of it never changes afterwards. An item changes, so `item` has
-- it as it was, as a JSON array in the order of the batch's own. `token` makes the event's id one that no other shop has.
-- Numbers are in the order of commits only within an item, whose row everybody locks who sells of it.
CREATE TABLE outbox (
    event_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token text NOT NULL DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 16),
    type text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    item text,
    occurred_at bigint NOT NULL
);

-- The next event of an item, of each type that an endpoint wants.
CREATE INDEX outbox_of_item ON outbox (item_id, type, event_no);

-- How far an endpoint has been told of an item, and what became of the last try.
CREATE TABLE webhook_cursors (
    endpoint_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    delivered_no bigint NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    next_try_at bigint NOT NULL DEFAULT 0,
    failing_since bigint,
    last_answer text NOT NULL,
    PRIMARY KEY (endpoint_id, item_id)
);

-- The database itself fills the outbox, in the transaction of what has happened, whoever writes. Where nobody wants to be
-- told, one question is all that it costs; it has no parameter, so that its plan is kept (it would be made anew for each
-- statement otherwise).
CREATE FUNCTION purchases_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"purchase.created"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, occurred_at)
        SELECT 'purchase.created', item_id, id, purchased_at FROM added ORDER BY purchase_no;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER purchases_are_told AFTER INSERT ON purchases REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION purchases_are_told();

CREATE FUNCTION refunds_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"purchase.refunded"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, occurred_at)
        SELECT 'purchase.refunded', after.item_id, after.id, after.refunded_at
        FROM after JOIN before USING (purchase_no)
        WHERE before.refunded_at IS NULL AND after.refunded_at IS NOT NULL
        ORDER BY purchase_no;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER refunds_are_told AFTER UPDATE ON purchases REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION refunds_are_told();

CREATE FUNCTION expired_holds_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"hold.expired"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, occurred_at)
        SELECT 'hold.expired', after.item_id, after.id, after.ended_at
        FROM after JOIN before USING (hold_no)
        WHERE before.state <> 'expired' AND after.state = 'expired'
        ORDER BY after.expires_at, hold_no;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER expired_holds_are_told AFTER UPDATE ON holds REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION expired_holds_are_told();

CREATE FUNCTION sold_out_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"item.sold_out"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, item, occurred_at)
        SELECT 'item.sold_out', after.id, after.id,
               json_build_array(
                   after.id, after.item, after.capacity, after.sold, after.held, after.opens_at, after.closes_at,
                   after.paused, after.limit_per_buyer, after.max_per_order, after.hold_seconds, after.payment_seconds,
                   after.offer_seconds
               )::text,
               after.decided_at
        FROM after JOIN before USING (id)
        WHERE after.sold = after.capacity AND before.sold <> before.capacity
        ORDER BY after.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER sold_out_is_told AFTER UPDATE ON inventory REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION sold_out_is_told();

-- Whoever joins while units are free has an offer at once; its instant is that of the joining.
CREATE FUNCTION offers_at_joining_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"waitlist.offered"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, occurred_at)
        SELECT 'waitlist.offered', item_id, id, joined_at FROM added WHERE state = 'offered' ORDER BY entry_no;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER offers_at_joining_are_told AFTER INSERT ON waitlist REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION offers_at_joining_are_told();

-- The hold of an offer is written before the entry is; its instant is that of the hold.
CREATE FUNCTION offers_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"waitlist.offered"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, occurred_at)
        SELECT 'waitlist.offered', after.item_id, after.id, coalesce(h.held_at, after.joined_at)
        FROM after JOIN before USING (entry_no) LEFT JOIN holds AS h ON h.id = after.hold_id
        WHERE before.state <> 'offered' AND after.state = 'offered'
        ORDER BY entry_no;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER offers_are_told AFTER UPDATE ON waitlist REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION offers_are_told();
