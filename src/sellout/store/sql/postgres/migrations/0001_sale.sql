-- The sale: items with their counters, purchases, holds, the waiting list, and the ledger of movements. The words are
-- those of the SQLite schema. Instants are integers: microseconds since 1970-01-01 in UTC.

-- Few rows, each updated by every batch: room on the page keeps those updates off the index.
CREATE TABLE inventory (
    id text COLLATE "C" PRIMARY KEY,
    item text NOT NULL,
    capacity bigint NOT NULL,
    sold bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    stock bigint GENERATED ALWAYS AS (capacity - sold - held) STORED,
    opens_at bigint,
    closes_at bigint,
    paused boolean NOT NULL DEFAULT FALSE,
    limit_per_buyer bigint,
    max_per_order bigint NOT NULL,
    hold_seconds bigint NOT NULL,
    payment_seconds bigint NOT NULL,
    offer_seconds bigint NOT NULL,
    created_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    CONSTRAINT never_oversold CHECK (sold + held <= capacity),
    CONSTRAINT sold_is_not_negative CHECK (sold >= 0),
    CONSTRAINT held_is_not_negative CHECK (held >= 0),
    CONSTRAINT opens_before_it_closes CHECK (opens_at < closes_at),
    CONSTRAINT limit_per_buyer_is_positive CHECK (limit_per_buyer > 0),
    CONSTRAINT max_per_order_is_positive CHECK (max_per_order > 0),
    CONSTRAINT hold_seconds_is_positive CHECK (hold_seconds > 0),
    CONSTRAINT payment_seconds_is_positive CHECK (payment_seconds > 0),
    CONSTRAINT offer_seconds_is_positive CHECK (offer_seconds > 0)
) WITH (fillfactor = 20);

-- Who waits. An entry is offered one hold at most, under the id `hold_id`; what becomes of that is the hold's to tell.
-- `position` is the place at which the entry joined, NULL where units were free.
CREATE TABLE waitlist (
    entry_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    item_id text COLLATE "C" NOT NULL REFERENCES inventory (id),
    buyer text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    contact text,
    hold_id text COLLATE "C" NOT NULL UNIQUE,
    position bigint,
    state text NOT NULL,
    joined_at bigint NOT NULL,
    CONSTRAINT buyer_has_a_name CHECK (buyer <> ''),
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT state_is_known CHECK (state IN ('waiting', 'offered', 'lapsed', 'left'))
);

-- The first of each quantity, for offers; and the places of those who wait.
CREATE INDEX waiting_by_quantity ON waitlist (item_id, quantity, entry_no) WHERE state = 'waiting';
CREATE INDEX waiting_in_order ON waitlist (item_id, entry_no) WHERE state = 'waiting';

-- A hold is open until `ended_at`. Past `expires_at` its units are free, whether or not that was written yet.
CREATE TABLE holds (
    hold_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    item_id text COLLATE "C" NOT NULL REFERENCES inventory (id),
    item text NOT NULL,
    buyer text COLLATE "C" NOT NULL DEFAULT '',
    quantity bigint NOT NULL,
    idempotency_key text COLLATE "C",
    held_at bigint NOT NULL,
    held_until bigint NOT NULL,
    expires_at bigint NOT NULL,
    state text NOT NULL DEFAULT 'held',
    ended_at bigint,
    basket_id text COLLATE "C",
    entry_id text COLLATE "C" REFERENCES waitlist (id),
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT state_is_known CHECK (state IN ('held', 'paying', 'confirmed', 'released', 'expired')),
    CONSTRAINT open_or_ended CHECK ((state IN ('held', 'paying')) = (ended_at IS NULL)),
    CONSTRAINT payment_moves_the_deadline_later CHECK (expires_at >= held_until)
);

-- One hold a key. It also finds all holds of a buyer, for the limit per buyer.
CREATE UNIQUE INDEX one_hold_per_key ON holds (item_id, buyer, idempotency_key);

-- The open holds of an item, the earliest deadline first.
CREATE INDEX open_holds ON holds (item_id, expires_at) INCLUDE (quantity, id) WHERE ended_at IS NULL;
CREATE INDEX holds_of_basket ON holds (basket_id) WHERE basket_id IS NOT NULL;

-- `buyer` is '' where the buyer gave no name. `item` is the item's name when it was sold, as on a receipt.
CREATE TABLE purchases (
    purchase_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    item_id text COLLATE "C" NOT NULL REFERENCES inventory (id),
    item text NOT NULL,
    buyer text COLLATE "C" NOT NULL DEFAULT '',
    quantity bigint NOT NULL,
    idempotency_key text COLLATE "C",
    purchased_at bigint NOT NULL,
    refunded_at bigint,
    hold_id text COLLATE "C" REFERENCES holds (id),
    payment_ref text COLLATE "C",
    basket_id text COLLATE "C",
    "timestamp" timestamptz GENERATED ALWAYS AS (to_timestamp(purchased_at / 1000000.0::double precision)) STORED,
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT purchase_no_is_positive CHECK (purchase_no > 0)
);

-- One purchase a key. It also finds all purchases of a buyer, for the limit per buyer.
CREATE UNIQUE INDEX one_purchase_per_key ON purchases (item_id, buyer, idempotency_key);
CREATE UNIQUE INDEX one_purchase_per_hold ON purchases (hold_id) WHERE hold_id IS NOT NULL;
CREATE UNIQUE INDEX one_hold_per_payment ON purchases (payment_ref) WHERE payment_ref IS NOT NULL;

-- The pages of an item's purchases, in the order of their sale. The condition holds for every row, and only a query that
-- says it, too, can go by this index. Otherwise the planner took it for finding keys, too, by reading all purchases of the
-- item for each key, as long as nothing had been analysed: in the first minute of a sale.
CREATE INDEX purchases_of_item ON purchases (item_id, purchase_no) WHERE purchase_no > 0;
CREATE INDEX purchases_of_basket ON purchases (basket_id) WHERE basket_id IS NOT NULL;

-- Idempotency keys of requests that made no purchase and no hold of their own; those carry theirs themselves.
-- The item of a basket's key is ''.
CREATE TABLE used_keys (
    item_id text COLLATE "C" NOT NULL,
    buyer text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    action text NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    used_at bigint NOT NULL,
    PRIMARY KEY (item_id, buyer, idempotency_key),
    CONSTRAINT action_is_known CHECK (action IN ('pay', 'refund', 'join', 'buy_basket', 'hold_basket'))
);

-- Payments that came when their hold had expired and its units were gone: each is to be given back, once.
CREATE TABLE late_payments (
    payment_ref text COLLATE "C" PRIMARY KEY,
    hold_id text COLLATE "C" NOT NULL REFERENCES holds (id),
    item_id text COLLATE "C" NOT NULL REFERENCES inventory (id),
    quantity bigint NOT NULL,
    recorded_at bigint NOT NULL
);

CREATE INDEX late_payments_of_item ON late_payments (item_id, payment_ref);

CREATE TABLE movements (
    movement_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    capacity bigint NOT NULL,
    sold bigint NOT NULL,
    held bigint NOT NULL,
    purchase_id text COLLATE "C",
    hold_id text COLLATE "C",
    moved_at bigint NOT NULL,
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
        (purchase_id IS NOT NULL) = (kind IN ('buy', 'refund'))
        AND (hold_id IS NOT NULL) = (kind IN ('hold', 'confirm', 'release', 'expire'))
    )
);

-- Organisers' keys. A key itself is never stored.
CREATE TABLE organiser_keys (
    name text PRIMARY KEY,
    key_sha256 text NOT NULL UNIQUE,
    created_at bigint NOT NULL
);

-- A row for each batch that wrote something. A program that lost its connection while it committed finds out here
-- whether the batch is in the database. Rows older than a day are of no use to anybody.
CREATE TABLE batches (
    id text COLLATE "C" PRIMARY KEY,
    committed_at bigint NOT NULL
);

CREATE INDEX batches_by_age ON batches (committed_at);

-- The database itself keeps the ledger: no program that writes to it can move units without a movement. One statement
-- moves many units, so the triggers work on whole statements.
CREATE FUNCTION added_items_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, moved_at)
    SELECT id, 'restock', capacity, 0, 0, created_at FROM added WHERE capacity <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER added_items_move AFTER INSERT ON inventory REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION added_items_move();

CREATE FUNCTION changed_capacities_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, moved_at)
    SELECT after.id, 'restock', after.capacity - before.capacity, 0, 0, after.decided_at
    FROM after JOIN before USING (id)
    WHERE after.capacity <> before.capacity;
    RETURN NULL;
END $$;

CREATE TRIGGER changed_capacities_move AFTER UPDATE ON inventory REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION changed_capacities_move();

CREATE FUNCTION purchases_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, purchase_id, moved_at)
    SELECT item_id, 'buy', 0, quantity, 0, id, purchased_at FROM added ORDER BY purchase_no;
    RETURN NULL;
END $$;

CREATE TRIGGER purchases_move AFTER INSERT ON purchases REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION purchases_move();

CREATE FUNCTION refunds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, purchase_id, moved_at)
    SELECT after.item_id, 'refund', 0, -after.quantity, 0, after.id, after.refunded_at
    FROM after JOIN before USING (purchase_no)
    WHERE before.refunded_at IS NULL AND after.refunded_at IS NOT NULL
    ORDER BY purchase_no;
    RETURN NULL;
END $$;

CREATE TRIGGER refunds_move AFTER UPDATE ON purchases REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION refunds_move();

CREATE FUNCTION holds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, hold_id, moved_at)
    SELECT item_id, 'hold', 0, 0, quantity, id, held_at FROM added ORDER BY hold_no;
    RETURN NULL;
END $$;

CREATE TRIGGER holds_move AFTER INSERT ON holds REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION holds_move();

CREATE FUNCTION ended_holds_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movements (item_id, kind, capacity, sold, held, hold_id, moved_at)
    SELECT after.item_id,
           CASE after.state WHEN 'confirmed' THEN 'confirm' WHEN 'released' THEN 'release' ELSE 'expire' END,
           0, 0, -after.quantity, after.id, after.ended_at
    FROM after JOIN before USING (hold_no)
    WHERE before.ended_at IS NULL AND after.ended_at IS NOT NULL
    ORDER BY hold_no;
    RETURN NULL;
END $$;

CREATE TRIGGER ended_holds_move AFTER UPDATE ON holds REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION ended_holds_move();

-- How batches add holds and purchases. The check of a foreign key is a query of its own for each row. These functions let
-- it keep its plan, which can be no other than the referenced key's index, where the session plans all queries anew.
CREATE FUNCTION add_holds(batch jsonb) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
BEGIN
    INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at, state,
                       basket_id, entry_id)
    SELECT v ->> 0, v ->> 1, v ->> 2, v ->> 3, (v ->> 4)::bigint, v ->> 5, (v ->> 6)::bigint, (v ->> 7)::bigint,
           (v ->> 8)::bigint, v ->> 9, v ->> 12, v ->> 13
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS t (v, n)
    ORDER BY n;
END $$;

CREATE FUNCTION add_purchases(batch jsonb) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = auto AS $$
BEGIN
    INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref,
                           basket_id)
    SELECT v ->> 0, v ->> 1, v ->> 2, v ->> 3, (v ->> 4)::bigint, v ->> 5, (v ->> 6)::bigint, v ->> 8, v ->> 9,
           v ->> 10
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS t (v, n)
    ORDER BY n;
END $$;

-- What is never done to a sale, whoever tries. The argument says why; the error is an integrity violation.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER purchases_are_not_removed BEFORE DELETE ON purchases
FOR EACH ROW EXECUTE FUNCTION refuse('a purchase is never removed: refund it');

CREATE TRIGGER purchases_are_not_changed
BEFORE UPDATE OF id, item_id, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref, basket_id ON purchases
FOR EACH ROW EXECUTE FUNCTION refuse('a purchase is never changed: refund it');

CREATE TRIGGER refunds_are_final BEFORE UPDATE OF refunded_at ON purchases
FOR EACH ROW WHEN (old.refunded_at IS NOT NULL) EXECUTE FUNCTION refuse('a purchase is refunded once');

CREATE TRIGGER holds_are_not_removed BEFORE DELETE ON holds
FOR EACH ROW EXECUTE FUNCTION refuse('a hold is never removed: release it');

CREATE TRIGGER holds_are_not_changed
BEFORE UPDATE OF id, item_id, buyer, quantity, idempotency_key, held_at, held_until, basket_id, entry_id ON holds
FOR EACH ROW EXECUTE FUNCTION refuse('a hold is never changed but for its deadline and its end');

-- The one way out of an end: units of an expired hold that can be had again when its payment arrives late.
CREATE TRIGGER ended_holds_stay_ended BEFORE UPDATE OF state, ended_at, expires_at ON holds
FOR EACH ROW WHEN (old.ended_at IS NOT NULL AND NOT (old.state = 'expired' AND new.state = 'confirmed'))
EXECUTE FUNCTION refuse('a hold that has ended stays ended');

CREATE TRIGGER movements_are_not_changed BEFORE UPDATE ON movements
FOR EACH ROW EXECUTE FUNCTION refuse('movements are append-only: a movement cannot be changed');

CREATE TRIGGER movements_are_not_removed BEFORE DELETE ON movements
FOR EACH ROW EXECUTE FUNCTION refuse('movements are append-only: a movement cannot be removed');
