-- The statements of one batch. A batch travels as one JSON array, so that a statement costs about the same for one
-- command or a thousand. The names and their meaning are those of the SQLite statements; what differs says why.

-- name: now
-- The database's clock: all nodes of a shop share it.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;

-- name: lock_items
-- Items are locked in sorted order, so that batches of several nodes cannot wait for each other in a circle. A statement
-- that had to wait for a lock still sees everything but the locked rows as it was before, so this one reads nothing. It
-- tells the instant when all are locked: of no rows, too, as there is always a count.
WITH locked AS MATERIALIZED (
    SELECT i.id
    FROM inventory AS i
    WHERE i.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)))
    ORDER BY i.id
    FOR UPDATE OF i
)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, count(*)
FROM locked;

-- name: load_items
-- Items by id. They are locked.
SELECT i.id, i.item, i.capacity, i.sold, i.held, i.opens_at, i.closes_at, i.paused, i.limit_per_buyer,
       i.max_per_order, i.hold_seconds, i.payment_seconds, i.offer_seconds, i.buyer_tokens, i.decided_at,
       EXISTS (SELECT 1 FROM holds AS h WHERE h.item_id = i.id) AS has_holds,
       EXISTS (SELECT 1 FROM used_keys AS u WHERE u.item_id = i.id) AS has_used_keys,
       EXISTS (SELECT 1 FROM waitlist AS w WHERE w.item_id = i.id AND w.state = 'waiting') AS has_waiting
FROM inventory AS i
WHERE i.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)))
ORDER BY i.id;

-- name: load_purchase_keys
-- Purchases made under idempotency keys, each wanted as [item id, buyer, key].
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM jsonb_array_elements(:scopes) AS wanted JOIN purchases AS p
  ON p.item_id = wanted ->> 0 AND p.buyer = wanted ->> 1 AND p.idempotency_key = wanted ->> 2;

-- name: load_hold_keys
-- Holds taken under idempotency keys, likewise.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM jsonb_array_elements(:scopes) AS wanted JOIN holds AS h
  ON h.item_id = wanted ->> 0 AND h.buyer = wanted ->> 1 AND h.idempotency_key = wanted ->> 2;

-- name: load_used_keys
-- Other uses of idempotency keys, likewise.
SELECT u.item_id, u.buyer, u.idempotency_key, u.action, u.subject_id
FROM jsonb_array_elements(:scopes) AS wanted JOIN used_keys AS u
  ON u.item_id = wanted ->> 0 AND u.buyer = wanted ->> 1 AND u.idempotency_key = wanted ->> 2;

-- name: load_bought
-- Units that buyers have, each wanted as [item id, buyer].
SELECT p.item_id, p.buyer, sum(p.quantity)::bigint
FROM jsonb_array_elements(:buyers) AS wanted JOIN purchases AS p
  ON p.item_id = wanted ->> 0 AND p.buyer = wanted ->> 1
WHERE p.refunded_at IS NULL
GROUP BY p.item_id, p.buyer;

-- name: load_held
-- Units that are held for buyers, likewise; a hold past its deadline holds nothing. That it is open is said by its state,
-- and the sum is each buyer's own, so that the planner cannot read all open holds of the item for each of them.
SELECT wanted ->> 0, wanted ->> 1, h.units
FROM jsonb_array_elements(:buyers) AS wanted CROSS JOIN LATERAL (
    SELECT sum(own.quantity)::bigint AS units
    FROM holds AS own
    WHERE own.item_id = wanted ->> 0 AND own.buyer = wanted ->> 1
      AND own.state IN ('held', 'paying') AND own.expires_at > :now
) AS h
WHERE h.units IS NOT NULL;

-- name: load_purchases
-- Purchases by id.
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM purchases AS p
WHERE p.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: load_holds
-- Holds by id.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM holds AS h
WHERE h.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: load_entries
-- Entries of the waiting list by id.
SELECT w.id, w.item_id, w.buyer, w.quantity, w.contact, w.hold_id, w.position, w.state, w.joined_at, w.entry_no
FROM waitlist AS w
WHERE w.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: load_due
-- An item's open holds past their deadline, the earliest first.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, NULL, h.basket_id, h.entry_id
FROM holds AS h
WHERE h.item_id = :item_id AND h.ended_at IS NULL AND h.expires_at <= :now
ORDER BY h.expires_at
LIMIT :max;

-- name: load_deadlines
-- When an item's next open holds end.
SELECT h.expires_at, h.id
FROM holds AS h
WHERE h.item_id = :item_id AND h.ended_at IS NULL AND h.expires_at > :now
ORDER BY h.expires_at
LIMIT :max;

-- name: load_waiting
-- The first who wait for an item, :max and one more of each quantity up to :units. `sizes` leaps from one quantity
-- to the next by the index.
WITH RECURSIVE sizes (quantity) AS (
    SELECT min(w.quantity) FROM waitlist AS w WHERE w.item_id = :item_id AND w.state = 'waiting'
    UNION ALL
    SELECT (
        SELECT min(w.quantity)
        FROM waitlist AS w
        WHERE w.item_id = :item_id AND w.state = 'waiting' AND w.quantity > sizes.quantity
    )
    FROM sizes
    WHERE sizes.quantity < :units
)
SELECT w.id, w.item_id, w.buyer, w.quantity, w.contact, w.hold_id, w.position, w.state, w.joined_at, w.entry_no
FROM sizes CROSS JOIN LATERAL (
    SELECT first.*
    FROM waitlist AS first
    WHERE first.item_id = :item_id AND first.state = 'waiting' AND first.quantity = sizes.quantity
    ORDER BY first.entry_no
    LIMIT :max + 1
) AS w
WHERE sizes.quantity <= :units;

-- name: count_waiting
-- How many wait for an item.
SELECT count(*) FROM waitlist WHERE item_id = :item_id AND state = 'waiting';

-- name: load_payments
-- The holds that payments came for, in time or too late.
SELECT p.payment_ref, p.hold_id
FROM purchases AS p
WHERE p.payment_ref = ANY (ARRAY(SELECT jsonb_array_elements_text(:refs)))
UNION ALL
SELECT l.payment_ref, l.hold_id
FROM late_payments AS l
WHERE l.payment_ref = ANY (ARRAY(SELECT jsonb_array_elements_text(:refs)));

-- name: load_basket_purchases
-- What baskets have bought, in the order of their lines.
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM purchases AS p
WHERE p.basket_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)))
ORDER BY p.purchase_no;

-- name: load_basket_holds
-- What baskets have held, likewise.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM holds AS h
WHERE h.basket_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)))
ORDER BY h.hold_no;

-- name: insert_items
-- New items.
INSERT INTO inventory (id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer,
                       max_per_order, hold_seconds, payment_seconds, offer_seconds, buyer_tokens, created_at,
                       decided_at)
SELECT v ->> 0, v ->> 1, (v ->> 2)::bigint, (v ->> 3)::bigint, (v ->> 4)::bigint, (v ->> 5)::bigint, (v ->> 6)::bigint,
       (v ->> 7)::boolean, (v ->> 8)::bigint, (v ->> 9)::bigint, (v ->> 10)::bigint, (v ->> 11)::bigint,
       (v ->> 12)::bigint, v ->> 13, :now, :now
FROM jsonb_array_elements(:items) AS v;

-- name: update_items
-- Items as a batch leaves them. The bounds of never_oversold are checked by the schema.
UPDATE inventory
SET item = v ->> 1, capacity = (v ->> 2)::bigint, sold = (v ->> 3)::bigint, held = (v ->> 4)::bigint,
    opens_at = (v ->> 5)::bigint, closes_at = (v ->> 6)::bigint, paused = (v ->> 7)::boolean,
    limit_per_buyer = (v ->> 8)::bigint, max_per_order = (v ->> 9)::bigint, hold_seconds = (v ->> 10)::bigint,
    payment_seconds = (v ->> 11)::bigint, offer_seconds = (v ->> 12)::bigint, buyer_tokens = v ->> 13,
    decided_at = :now
FROM jsonb_array_elements(:items) AS v
WHERE inventory.id = v ->> 0;

-- name: insert_entries
-- Who joined the waiting list, in the order of their coming.
INSERT INTO waitlist (id, item_id, buyer, quantity, contact, hold_id, position, state, joined_at)
SELECT v ->> 0, v ->> 1, v ->> 2, (v ->> 3)::bigint, v ->> 4, v ->> 5, (v ->> 6)::bigint, v ->> 7, (v ->> 8)::bigint
FROM jsonb_array_elements(:entries) WITH ORDINALITY AS t (v, n)
ORDER BY n;

-- name: update_entries
-- Entries that were offered something, lapsed or left, as [id, state].
UPDATE waitlist
SET state = v ->> 1
FROM jsonb_array_elements(:entries) AS v
WHERE waitlist.id = v ->> 0;

-- name: insert_holds
-- The holds of a batch, as they were taken.
SELECT add_holds(:holds);

-- name: expire_holds
-- Holds whose time is over.
UPDATE holds
SET state = 'expired', ended_at = :now
WHERE holds.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: update_holds
-- Holds whose payment has begun, or that were confirmed or released, as [id, deadline, state, end].
UPDATE holds
SET expires_at = (v ->> 1)::bigint, state = v ->> 2, ended_at = (v ->> 3)::bigint
FROM jsonb_array_elements(:holds) AS v
WHERE holds.id = v ->> 0;

-- name: insert_purchases
-- The purchases of a batch, in the order of their sale, where none comes from a hold or a basket.
SELECT add_purchases(:purchases);

-- name: insert_any_purchases
-- The purchases of a batch, in the order of their sale.
SELECT add_purchases(:purchases);

-- name: update_refunds
-- Purchases taken back.
UPDATE purchases
SET refunded_at = :now
WHERE purchases.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: insert_used_keys
-- What other keys were used for, as [[item id, buyer, key], [action, subject]].
INSERT INTO used_keys (item_id, buyer, idempotency_key, action, subject_id, used_at)
SELECT v #>> '{0,0}', v #>> '{0,1}', v #>> '{0,2}', v #>> '{1,0}', v #>> '{1,1}', :now
FROM jsonb_array_elements(:uses) AS v;

-- name: insert_late_payments
-- Payments to be given back.
INSERT INTO late_payments (payment_ref, hold_id, item_id, quantity, recorded_at)
SELECT v ->> 0, v ->> 1, v ->> 2, (v ->> 3)::bigint, :now
FROM jsonb_array_elements(:payments) AS v;

-- name: load_unsealed
-- Of items: the number and the digest of the last seal, and the movements that no seal covers, :max at most, as the lines
-- that a seal's digest is made of.
SELECT i.id, greatest(i.seals, coalesce(s.seal_no, 0)), coalesce(s.digest, ''), unsealed.lines
FROM inventory AS i
LEFT JOIN LATERAL (
    SELECT seal_no, through_no, digest FROM seals WHERE item_id = i.id ORDER BY seal_no DESC LIMIT 1
) AS s ON TRUE
CROSS JOIN LATERAL (
    SELECT string_agg(
        concat('[', movement_no, ',', to_json(item_id), ',', to_json(kind), ',', capacity, ',', sold, ',', held, ',',
               coalesce(to_json(purchase_id), 'null'), ',', coalesce(to_json(hold_id), 'null'), ',', moved_at, ']'),
        E'\n' ORDER BY movement_no
    ) AS lines
    FROM (
        SELECT *
        FROM movements
        WHERE item_id = i.id AND movement_no > coalesce(s.through_no, 0)
        ORDER BY movement_no
        LIMIT :max
    ) AS m
) AS unsealed
WHERE i.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids)));

-- name: load_unsealed_items
-- Items that have movements which no seal covers.
SELECT i.id
FROM inventory AS i
WHERE EXISTS (
    SELECT 1
    FROM movements AS m
    WHERE m.item_id = i.id
      AND m.movement_no > coalesce(
          (SELECT s.through_no FROM seals AS s WHERE s.item_id = i.id ORDER BY s.seal_no DESC LIMIT 1), 0
      )
)
LIMIT :max;

-- name: insert_seals
-- The seals of a batch.
INSERT INTO seals (item_id, seal_no, through_no, movements, digest, sealed_at)
SELECT v ->> 0, (v ->> 1)::bigint, (v ->> 2)::bigint, (v ->> 3)::bigint, v ->> 4, (v ->> 5)::bigint
FROM jsonb_array_elements(:seals) AS v;

-- name: insert_batch
-- The batch itself, so that it can be found again if its answer is lost.
INSERT INTO batches (id, committed_at) VALUES (:id, :now);

-- name: find_batch
-- Whether a batch is in the database.
SELECT 1 FROM batches WHERE id = :id;

-- name: forget_batches
-- Batches whose programs have long had their answer.
DELETE FROM batches WHERE committed_at < :before;
