-- The statements of one batch. A batch travels as one JSON array, so that a statement costs about the same
-- for one command or a thousand (jsonb_each splits it faster than json_each). CROSS JOIN keeps SQLite's planner from scanning the table and probing the JSON.

-- name: load_items
-- Items by id, with the instant of their last decision.
SELECT i.id, i.item, i.capacity, i.sold, i.held, i.opens_at, i.closes_at, i.paused, i.limit_per_buyer,
       i.max_per_order, i.hold_seconds, i.decided_at
FROM jsonb_each(:ids) AS wanted CROSS JOIN inventory AS i ON i.id = wanted.value;

-- name: load_keys
-- Purchases made under idempotency keys, each wanted as [item id, buyer, key].
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at
FROM jsonb_each(:scopes) AS wanted CROSS JOIN purchases AS p
  ON p.item_id = wanted.value ->> 0 AND p.buyer = wanted.value ->> 1 AND p.idempotency_key = wanted.value ->> 2;

-- name: load_bought
-- Units that buyers have, each wanted as [item id, buyer].
SELECT p.item_id, p.buyer, sum(p.quantity)
FROM jsonb_each(:buyers) AS wanted CROSS JOIN purchases AS p
  ON p.item_id = wanted.value ->> 0 AND p.buyer = wanted.value ->> 1
WHERE p.refunded_at IS NULL
GROUP BY p.item_id, p.buyer;

-- name: load_purchases
-- Purchases by id.
SELECT p.id, p.item_id, p.item, p.buyer, p.quantity, p.idempotency_key, p.purchased_at, p.refunded_at
FROM jsonb_each(:ids) AS wanted CROSS JOIN purchases AS p ON p.id = wanted.value;

-- name: insert_items
-- New items.
INSERT INTO inventory (id, item, capacity, sold, held, opens_at, closes_at, paused, limit_per_buyer,
                       max_per_order, hold_seconds, created_at, decided_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9, value ->> 10, :now, :now
FROM jsonb_each(:items);

-- name: update_items
-- Items as a batch leaves them. The bounds of never_oversold are checked by the schema.
UPDATE inventory
SET item = changed.value ->> 1, capacity = changed.value ->> 2, sold = changed.value ->> 3,
    held = changed.value ->> 4, opens_at = changed.value ->> 5, closes_at = changed.value ->> 6,
    paused = changed.value ->> 7, limit_per_buyer = changed.value ->> 8, max_per_order = changed.value ->> 9,
    hold_seconds = changed.value ->> 10, decided_at = :now
FROM jsonb_each(:items) AS changed
WHERE inventory.id = changed.value ->> 0;

-- name: insert_purchases
-- The purchases of a batch, in the order of their sale.
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM jsonb_each(:purchases);

-- name: update_refunds
-- Purchases taken back.
UPDATE purchases
SET refunded_at = :now
FROM jsonb_each(:ids) AS refunded
WHERE purchases.id = refunded.value;
