-- The statements of one batch. A batch travels as one JSON array, so that a statement costs about the same
-- for one command or a thousand (jsonb_each splits it faster than json_each). CROSS JOIN keeps SQLite's planner
-- from scanning the table and probing the JSON.

-- name: load_items
-- Items by id, with the instant of their last decision, and whether there is anything of the slower kinds to look for.
SELECT i.id, i.item, i.capacity, i.sold, i.held, i.opens_at, i.closes_at, i.paused, i.limit_per_buyer,
       i.max_per_order, i.hold_seconds, i.payment_seconds, i.offer_seconds, i.buyer_tokens, i.decided_at,
       EXISTS (SELECT 1 FROM holds AS h WHERE h.item_id = i.id) AS has_holds,
       EXISTS (SELECT 1 FROM used_keys AS u WHERE u.item_id = i.id) AS has_used_keys,
       EXISTS (SELECT 1 FROM waitlist AS w WHERE w.item_id = i.id AND w.state = 'waiting') AS has_waiting
FROM jsonb_each(:ids) AS wanted CROSS JOIN inventory AS i ON i.id = wanted.value;

-- name: load_purchase_keys
-- Purchases made under idempotency keys, each wanted as [item id, buyer, key].
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM jsonb_each(:scopes) AS wanted CROSS JOIN purchases AS p
  ON p.item_id = wanted.value ->> 0 AND p.buyer = wanted.value ->> 1 AND p.idempotency_key = wanted.value ->> 2;

-- name: load_hold_keys
-- Holds taken under idempotency keys, likewise.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM jsonb_each(:scopes) AS wanted CROSS JOIN holds AS h
  ON h.item_id = wanted.value ->> 0 AND h.buyer = wanted.value ->> 1 AND h.idempotency_key = wanted.value ->> 2;

-- name: load_used_keys
-- Other uses of idempotency keys, likewise.
SELECT u.item_id, u.buyer, u.idempotency_key, u.action, u.subject_id
FROM jsonb_each(:scopes) AS wanted CROSS JOIN used_keys AS u
  ON u.item_id = wanted.value ->> 0 AND u.buyer = wanted.value ->> 1 AND u.idempotency_key = wanted.value ->> 2;

-- name: load_bought
-- Units that buyers have, each wanted as [item id, buyer].
SELECT p.item_id, p.buyer, sum(p.quantity)
FROM jsonb_each(:buyers) AS wanted CROSS JOIN purchases AS p
  ON p.item_id = wanted.value ->> 0 AND p.buyer = wanted.value ->> 1
WHERE p.refunded_at IS NULL
GROUP BY p.item_id, p.buyer;

-- name: load_held
-- Units that are held for buyers, likewise; a hold past its deadline holds nothing.
SELECT h.item_id, h.buyer, sum(h.quantity)
FROM jsonb_each(:buyers) AS wanted CROSS JOIN holds AS h INDEXED BY one_hold_per_key
  ON h.item_id = wanted.value ->> 0 AND h.buyer = wanted.value ->> 1
WHERE h.ended_at IS NULL AND h.expires_at > :now
GROUP BY h.item_id, h.buyer;

-- name: load_purchases
-- Purchases by id.
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM jsonb_each(:ids) AS wanted CROSS JOIN purchases AS p ON p.id = wanted.value;

-- name: load_holds
-- Holds by id.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM jsonb_each(:ids) AS wanted CROSS JOIN holds AS h ON h.id = wanted.value;

-- name: load_entries
-- Entries of the waiting list by id.
SELECT w.id, w.item_id, w.buyer, w.quantity, w.contact, w.hold_id, w.position, w.state, w.joined_at, w.entry_no
FROM jsonb_each(:ids) AS wanted CROSS JOIN waitlist AS w ON w.id = wanted.value;

-- name: load_due
-- An item's open holds past their deadline, the earliest first.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, NULL, h.basket_id, h.entry_id
FROM holds AS h INDEXED BY open_holds
WHERE h.item_id = :item_id AND h.ended_at IS NULL AND h.expires_at <= :now
ORDER BY h.expires_at
LIMIT :max;

-- name: load_deadlines
-- When an item's next open holds end.
SELECT h.expires_at, h.id
FROM holds AS h INDEXED BY open_holds
WHERE h.item_id = :item_id AND h.ended_at IS NULL AND h.expires_at > :now
ORDER BY h.expires_at
LIMIT :max;

-- name: load_waiting
-- The first who wait for an item, :max and one more of each quantity up to :units. `sizes` leaps from one quantity
-- to the next by the index.
WITH RECURSIVE sizes (quantity) AS (
    SELECT min(quantity) FROM waitlist WHERE item_id = :item_id AND state = 'waiting'
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
FROM sizes CROSS JOIN waitlist AS w ON w.entry_no IN (
    SELECT first.entry_no
    FROM waitlist AS first
    WHERE first.item_id = :item_id AND first.state = 'waiting' AND first.quantity = sizes.quantity
    ORDER BY first.entry_no
    LIMIT :max + 1
)
WHERE sizes.quantity <= :units;

-- name: count_waiting
-- How many wait for an item.
SELECT count(*) FROM waitlist WHERE item_id = :item_id AND state = 'waiting';

-- name: load_payments
-- The holds that payments came for, in time or too late.
SELECT p.payment_ref, p.hold_id
FROM jsonb_each(:refs) AS wanted CROSS JOIN purchases AS p ON p.payment_ref = wanted.value
UNION ALL
SELECT l.payment_ref, l.hold_id
FROM jsonb_each(:refs) AS wanted CROSS JOIN late_payments AS l ON l.payment_ref = wanted.value;

-- name: load_basket_purchases
-- What baskets have bought, in the order of their lines.
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at, p.hold_id,
       p.payment_ref, p.basket_id
FROM jsonb_each(:ids) AS wanted CROSS JOIN purchases AS p ON p.basket_id = wanted.value
ORDER BY p.purchase_no;

-- name: load_basket_holds
-- What baskets have held, likewise.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id
FROM jsonb_each(:ids) AS wanted CROSS JOIN holds AS h ON h.basket_id = wanted.value
ORDER BY h.hold_no;

-- name: insert_items
-- New items.
INSERT INTO inventory (id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer,
                       max_per_order, hold_seconds, payment_seconds, offer_seconds, buyer_tokens, created_at,
                       decided_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, :now, :now
FROM jsonb_each(:items);

-- name: update_items
-- Items as a batch leaves them. The bounds of never_oversold are checked by the schema.
UPDATE inventory
SET item = changed.value ->> 1, capacity = changed.value ->> 2, sold = changed.value ->> 3,
    held = changed.value ->> 4, opens_at = changed.value ->> 5, closes_at = changed.value ->> 6,
    paused = changed.value ->> 7, limit_per_buyer = changed.value ->> 8, max_per_order = changed.value ->> 9,
    hold_seconds = changed.value ->> 10, payment_seconds = changed.value ->> 11, offer_seconds = changed.value ->> 12,
    buyer_tokens = changed.value ->> 13, decided_at = :now
FROM jsonb_each(:items) AS changed
WHERE inventory.id = changed.value ->> 0;

-- name: insert_entries
-- Who joined the waiting list, in the order of their coming.
INSERT INTO waitlist (id, item_id, buyer, quantity, contact, hold_id, position, state, joined_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8
FROM jsonb_each(:entries);

-- name: update_entries
-- Entries that were offered something, lapsed or left, as [id, state].
UPDATE waitlist
SET state = changed.value ->> 1
FROM jsonb_each(:entries) AS changed
WHERE waitlist.id = changed.value ->> 0;

-- name: insert_holds
-- The holds of a batch, as they were taken.
INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at, state,
                   basket_id, entry_id)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9, value ->> 12, value ->> 13
FROM jsonb_each(:holds);

-- name: expire_holds
-- Holds whose time is over.
UPDATE holds
SET state = 'expired', ended_at = :now
FROM jsonb_each(:ids) AS expired
WHERE holds.id = expired.value;

-- name: update_holds
-- Holds whose payment has begun, or that were confirmed or released, as [id, deadline, state, end].
UPDATE holds
SET expires_at = changed.value ->> 1, state = changed.value ->> 2, ended_at = changed.value ->> 3
FROM jsonb_each(:holds) AS changed
WHERE holds.id = changed.value ->> 0;

-- name: insert_purchases
-- The purchases of a batch, in the order of their sale, where none comes from a hold or a basket.
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM jsonb_each(:purchases);

-- name: insert_any_purchases
-- The purchases of a batch, in the order of their sale.
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref,
                       basket_id)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 8,
       value ->> 9, value ->> 10
FROM jsonb_each(:purchases);

-- name: update_refunds
-- Purchases taken back.
UPDATE purchases
SET refunded_at = :now
FROM jsonb_each(:ids) AS refunded
WHERE purchases.id = refunded.value;

-- name: insert_used_keys
-- What other keys were used for, as [[item id, buyer, key], [action, subject]].
INSERT INTO used_keys (item_id, buyer, idempotency_key, action, subject_id, used_at)
SELECT value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[1][0]', value ->> '$[1][1]', :now
FROM jsonb_each(:uses);

-- name: insert_late_payments
-- Payments to be given back.
INSERT INTO late_payments (payment_ref, hold_id, item_id, quantity, recorded_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, :now
FROM jsonb_each(:payments);

-- name: load_unsealed
-- Of items: the number and the digest of the last seal, and the movements that no seal covers, :max at most, as the lines
-- that a seal's digest is made of. SQLite makes the lines faster than it gives out the rows.
SELECT i.id, max(i.seals, coalesce(s.seal_no, 0)), coalesce(s.digest, ''), (
    SELECT group_concat(
        json_array(movement_no, item_id, kind, capacity, sold, held, purchase_id, hold_id, moved_at), char(10)
    )
    FROM (
        SELECT *
        FROM movements INDEXED BY movements_of_item
        WHERE item_id = i.id AND movement_no > coalesce(s.through_no, 0)
        ORDER BY movement_no
        LIMIT :max
    )
)
FROM jsonb_each(:ids) AS wanted CROSS JOIN inventory AS i ON i.id = wanted.value
LEFT JOIN seals AS s
  ON s.item_id = i.id AND s.seal_no = (SELECT max(last.seal_no) FROM seals AS last WHERE last.item_id = i.id);

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
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM jsonb_each(:seals);
