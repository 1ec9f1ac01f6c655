-- What is read outside of a batch.

-- name: items
-- All items.
SELECT id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer, max_per_order, hold_seconds
FROM inventory
ORDER BY created_at, id;

-- name: item
-- One item.
SELECT id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer, max_per_order, hold_seconds
FROM inventory
WHERE id = :id;

-- name: purchase
-- One purchase.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at
FROM purchases
WHERE id = :id;

-- name: purchase_by_key
-- What an idempotency key has got.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at
FROM purchases
WHERE item_id = :item_id AND buyer = :buyer AND idempotency_key = :key;

-- name: purchases
-- A page of an item's purchases, in the order of their sale.
SELECT id, item_id, item, buyer, quantity, idempotency_key, purchased_at, refunded_at, purchase_no
FROM purchases INDEXED BY purchases_of_item
WHERE item_id = :item_id AND purchase_no > :after
ORDER BY purchase_no
LIMIT :limit;

-- name: movement_sums
-- The ledger of an item, added up.
SELECT kind, count(*), sum(capacity), sum(sold), sum(held)
FROM movements
WHERE item_id = :item_id
GROUP BY kind;

-- name: purchased
-- Units in purchases that are not refunded.
SELECT coalesce(sum(quantity), 0)
FROM purchases
WHERE item_id = :item_id AND refunded_at IS NULL;

-- name: unmatched
-- Purchases whose movements do not say the same as they do, and movements of purchases that are not there.
-- One sorted pass over both: a join of the two would be quadratic, as SQLite does not hash.
SELECT count(*)
FROM (
    SELECT id
    FROM (
        SELECT id, 1 AS purchase, quantity * (refunded_at IS NULL) AS told, 0 AS moved
        FROM purchases
        WHERE item_id = :item_id
        UNION ALL
        SELECT purchase_id, 0, 0, sold
        FROM movements
        WHERE item_id = :item_id AND purchase_id IS NOT NULL
    )
    GROUP BY id
    HAVING sum(told) <> sum(moved) OR sum(purchase) <> 1 OR count(*) < 2
);

-- name: ping
-- Does the database answer, and is its schema there?
SELECT count(*) FROM sellout_migrations;
