-- What is read outside of a batch.

-- name: items
-- All items. The units of holds past their deadline are not held; `unsettled` where somebody waits.
SELECT i.id, i.item, i.capacity, i.sold,
       i.held - CASE WHEN i.held = 0 THEN 0 ELSE (
           SELECT coalesce(sum(h.quantity), 0)::bigint
           FROM holds AS h
           WHERE h.item_id = i.id AND h.ended_at IS NULL AND h.expires_at <= greatest(:now, i.decided_at)
       ) END,
       i.opens_at, i.closes_at, i.paused, i.limit_per_buyer, i.max_per_order, i.hold_seconds, i.payment_seconds,
       i.offer_seconds, i.buyer_tokens, i.decided_at,
       EXISTS (SELECT 1 FROM waitlist AS w WHERE w.item_id = i.id AND w.state = 'waiting') AS has_waiting
FROM inventory AS i
ORDER BY i.created_at, i.id;

-- name: item
-- One item, likewise.
SELECT i.id, i.item, i.capacity, i.sold,
       i.held - CASE WHEN i.held = 0 THEN 0 ELSE (
           SELECT coalesce(sum(h.quantity), 0)::bigint
           FROM holds AS h
           WHERE h.item_id = i.id AND h.ended_at IS NULL AND h.expires_at <= greatest(:now, i.decided_at)
       ) END,
       i.opens_at, i.closes_at, i.paused, i.limit_per_buyer, i.max_per_order, i.hold_seconds, i.payment_seconds,
       i.offer_seconds, i.buyer_tokens, i.decided_at,
       EXISTS (SELECT 1 FROM waitlist AS w WHERE w.item_id = i.id AND w.state = 'waiting') AS has_waiting
FROM inventory AS i
WHERE i.id = :id;

-- name: counters
-- One item with its counters as they are written, for the audit.
SELECT id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer, max_per_order, hold_seconds,
       payment_seconds, offer_seconds, buyer_tokens
FROM inventory
WHERE id = :id;

-- name: hold
-- One hold, with the instant of its item's last decision.
SELECT h.id, h.item_id, h.item, h.buyer, h.quantity, h.idempotency_key, h.held_at, h.held_until, h.expires_at, h.state,
       h.ended_at, (SELECT p.id FROM purchases AS p WHERE p.hold_id = h.id), h.basket_id, h.entry_id,
       (SELECT i.decided_at FROM inventory AS i WHERE i.id = h.item_id)
FROM holds AS h
WHERE h.id = :id;

-- name: entry
-- One entry of the waiting list, and how many waited at its place and before it.
SELECT w.id, w.item_id, w.buyer, w.quantity, w.contact, w.hold_id, w.position, w.state, w.joined_at, w.entry_no,
       (
           SELECT count(*)
           FROM waitlist AS before
           WHERE before.item_id = w.item_id AND before.state = 'waiting' AND before.entry_no <= w.entry_no
       )
FROM waitlist AS w
WHERE w.id = :id;

-- name: late_payments
-- Payments of an item that are to be given back, in the order of their references.
SELECT payment_ref, hold_id, item_id, quantity
FROM late_payments
WHERE item_id = :item_id AND payment_ref > :after
ORDER BY payment_ref
LIMIT :limit;

-- name: purchase
-- One purchase.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at, hold_id,
       payment_ref, basket_id
FROM purchases
WHERE id = :id;

-- name: purchase_by_key
-- What an idempotency key has got.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at, hold_id,
       payment_ref, basket_id
FROM purchases
WHERE item_id = :item_id AND buyer = :buyer AND idempotency_key = :key;

-- name: got_by_key
-- What an idempotency key has got, and its id. Keys of other requests have got nothing new.
SELECT 'purchase', id
FROM purchases
WHERE item_id = :item_id AND buyer = :buyer AND idempotency_key = :key
UNION ALL
SELECT 'hold', id
FROM holds
WHERE item_id = :item_id AND buyer = :buyer AND idempotency_key = :key
UNION ALL
SELECT 'entry', subject_id
FROM used_keys
WHERE item_id = :item_id AND buyer = :buyer AND idempotency_key = :key AND action = 'join';

-- name: purchases
-- A page of an item's purchases, in the order of their sale.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at, hold_id,
       payment_ref, basket_id, purchase_no
FROM purchases
WHERE item_id = :item_id AND purchase_no > 0 AND purchase_no > :after
ORDER BY purchase_no
LIMIT :limit;

-- name: purchases_by_buyer
-- Purchases of buyers whose names begin with a text: a range of the index one_purchase_per_key, whose collation is "C".
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at, hold_id,
       payment_ref, basket_id
FROM purchases
WHERE item_id = :item_id AND starts_with(buyer, :text)
ORDER BY buyer, purchase_no
LIMIT :limit;

-- name: movements
-- A page of an item's ledger, the newest first.
SELECT movement_no, kind, purchase_id, hold_id, capacity, sold, held, moved_at
FROM movements
WHERE item_id = :item_id AND movement_no < :before
ORDER BY movement_no DESC
LIMIT :limit;

-- name: ledger
-- A page of an item's ledger in its order, as the rows that seals cover.
SELECT movement_no, item_id, kind, capacity, sold, held, purchase_id, hold_id, moved_at
FROM movements
WHERE item_id = :item_id AND movement_no > :after
ORDER BY movement_no
LIMIT :limit;

-- name: seals
-- A page of an item's seals in their order.
SELECT item_id, seal_no, through_no, movements, digest, sealed_at
FROM seals
WHERE item_id = :item_id AND seal_no > :after
ORDER BY seal_no
LIMIT :limit;

-- name: ledger_end
-- The number of an item's last seal, and the movements after a place: how many, and the last one.
SELECT i.seals, count(m.movement_no), max(m.movement_no)
FROM inventory AS i LEFT JOIN movements AS m ON m.item_id = i.id AND m.movement_no > :after
WHERE i.id = :item_id
GROUP BY i.id;

-- name: movement_sums
-- The ledger of an item, added up.
SELECT kind, count(*), sum(capacity)::bigint, sum(sold)::bigint, sum(held)::bigint
FROM movements
WHERE item_id = :item_id
GROUP BY kind;

-- name: orphans
-- Rows that name an item which is not there, by table: somebody removed the item, or made them by hand.
SELECT named.what, count(*)
FROM (
    SELECT 'purchases' AS what, item_id FROM purchases
    UNION ALL
    SELECT 'movements', item_id FROM movements
    UNION ALL
    SELECT 'seals', item_id FROM seals
    UNION ALL
    SELECT 'holds', item_id FROM holds
    UNION ALL
    SELECT 'waitlist', item_id FROM waitlist
    UNION ALL
    SELECT 'late_payments', item_id FROM late_payments
) AS named
WHERE NOT EXISTS (SELECT 1 FROM inventory AS i WHERE i.id = named.item_id)
GROUP BY named.what
ORDER BY named.what;

-- name: extent
-- How many items, purchases and movements there are, and when the last unit moved: how old a copy is.
SELECT (SELECT count(*) FROM inventory), (SELECT count(*) FROM purchases), (SELECT count(*) FROM movements),
       (SELECT moved_at FROM movements ORDER BY movement_no DESC LIMIT 1);

-- name: differing
-- Items whose counters are not the sums of their ledger: their names, counters and sums. Somebody changed them by hand.
SELECT i.id, i.capacity, i.sold, i.held, coalesce(m.capacity, 0)::bigint, coalesce(m.sold, 0)::bigint, coalesce(m.held, 0)::bigint
FROM inventory AS i
LEFT JOIN (
    SELECT item_id, sum(capacity) AS capacity, sum(sold) AS sold, sum(held) AS held
    FROM movements
    GROUP BY item_id
) AS m ON m.item_id = i.id
WHERE i.capacity <> coalesce(m.capacity, 0) OR i.sold <> coalesce(m.sold, 0) OR i.held <> coalesce(m.held, 0)
ORDER BY i.id;

-- name: first_sale
-- When an item was first sold.
SELECT purchased_at
FROM purchases
WHERE item_id = :item_id AND purchase_no > 0
ORDER BY purchase_no
LIMIT 1;

-- name: last_sale
-- When an item was last sold.
SELECT purchased_at
FROM purchases
WHERE item_id = :item_id AND purchase_no > 0
ORDER BY purchase_no DESC
LIMIT 1;

-- name: last_seal
-- The last seal of an item.
SELECT item_id, seal_no, through_no, movements, digest, sealed_at
FROM seals
WHERE item_id = :item_id
ORDER BY seal_no DESC
LIMIT 1;

-- name: sold_by_steps
-- Units of an item, by the steps back from now to when they were sold, or given back. From its purchases and not from
-- the ledger, which has those of all items. What is not between the first step and now counts at the nearer one.
SELECT least(greatest((:now::bigint - at) / :apart::bigint, 0), :first::bigint) AS steps, sum(units)::bigint
FROM (
    SELECT purchased_at AS at, quantity AS units
    FROM purchases
    WHERE item_id = :item_id AND purchase_no > 0
    UNION ALL
    SELECT refunded_at, -quantity
    FROM purchases
    WHERE item_id = :item_id AND purchase_no > 0 AND refunded_at IS NOT NULL
) AS moved
GROUP BY steps;

-- name: last_purchase
-- The highest number of a purchase.
SELECT coalesce(max(purchase_no), 0)
FROM purchases;

-- name: purchases_since
-- Purchases with higher numbers, counted for each item. Their order keeps the planner from the index that has them by item,
-- and would have to be read whole.
SELECT item_id, count(*), sum(quantity)::bigint, max(purchase_no)
FROM (SELECT item_id, quantity, purchase_no FROM purchases WHERE purchase_no > :after ORDER BY purchase_no) AS since
GROUP BY item_id;

-- name: purchased
-- Units in purchases that are not refunded.
SELECT coalesce(sum(quantity), 0)::bigint
FROM purchases
WHERE item_id = :item_id AND purchase_no > 0 AND refunded_at IS NULL;

-- name: holding
-- Units in open holds.
SELECT coalesce(sum(quantity), 0)::bigint
FROM holds
WHERE item_id = :item_id AND ended_at IS NULL;

-- name: unmatched_holds
-- Holds whose movements do not say the same as they do, and movements of holds that are not there.
SELECT count(*)
FROM (
    SELECT id
    FROM (
        SELECT id, 1 AS hold, quantity * (ended_at IS NULL)::int AS told, 0 AS moved
        FROM holds
        WHERE item_id = :item_id
        UNION ALL
        SELECT hold_id, 0, 0, held
        FROM movements
        WHERE item_id = :item_id AND hold_id IS NOT NULL
    ) AS account
    GROUP BY id
    HAVING sum(told) <> sum(moved) OR sum(hold) <> 1 OR count(*) < 2
) AS unmatched;

-- name: unmatched_purchases
-- Purchases whose movements do not say the same as they do, and movements of purchases that are not there.
-- One pass over both, as in the SQLite statement.
SELECT count(*)
FROM (
    SELECT id
    FROM (
        SELECT id, 1 AS purchase, quantity * (refunded_at IS NULL)::int AS told, 0 AS moved
        FROM purchases
        WHERE item_id = :item_id AND purchase_no > 0
        UNION ALL
        SELECT purchase_id, 0, 0, sold
        FROM movements
        WHERE item_id = :item_id AND purchase_id IS NOT NULL
    ) AS account
    GROUP BY id
    HAVING sum(told) <> sum(moved) OR sum(purchase) <> 1 OR count(*) < 2
) AS unmatched;

-- name: ping
-- Does the database answer, and is its schema there?
SELECT count(*) FROM sellout_migrations;
