-- Webhooks: endpoints, the outbox, and how far each endpoint has been told.

-- name: webhook_endpoints
-- All endpoints, in the order of their adding.
SELECT id, url, event_types, secret, previous_secret, previous_until, begins_after, created_at, disabled_at,
       disabled_because, lease_holder, lease_until,
       (SELECT min(c.failing_since) FROM webhook_cursors AS c WHERE c.endpoint_id = webhook_endpoints.id)
FROM webhook_endpoints
ORDER BY created_at, id;

-- name: last_event
-- The highest number of an event.
SELECT coalesce(max(event_no), 0) FROM outbox;

-- name: lock_sales
-- Nothing to be done: whoever writes to the file is alone.
SELECT 1;

-- name: add_webhook_endpoint
-- A new endpoint, which is told of what happens from now on.
INSERT INTO webhook_endpoints (id, url, event_types, secret, begins_after, created_at)
VALUES (:id, :url, :types, :secret, :after, :now);

-- name: rotate_webhook_secret
-- A new secret; the one before it signs as well until :until.
UPDATE webhook_endpoints
SET previous_secret = secret, previous_until = :until, secret = :secret
WHERE id = :id
RETURNING 1;

-- name: disable_webhook_endpoint
-- Nothing is sent to an endpoint any more.
UPDATE webhook_endpoints
SET disabled_at = :now, disabled_because = :because, lease_until = 0
WHERE id = :id AND disabled_at IS NULL
RETURNING 1;

-- name: enable_webhook_endpoint
-- An endpoint goes on where it was.
UPDATE webhook_endpoints
SET disabled_at = NULL, disabled_because = NULL
WHERE id = :id
RETURNING 1;

-- name: forget_failures
-- An endpoint is tried as if it had never failed.
UPDATE webhook_cursors
SET tries = 0, next_try_at = 0, failing_since = NULL
WHERE endpoint_id = :id;

-- name: remove_webhook_endpoint
-- An endpoint is forgotten.
DELETE FROM webhook_endpoints WHERE id = :id RETURNING 1;

-- name: remove_webhook_cursors
-- And how far it had been told.
DELETE FROM webhook_cursors WHERE endpoint_id = :id;

-- name: claim_webhook_endpoint
-- The lease of an endpoint, where nobody else has it.
UPDATE webhook_endpoints
SET lease_holder = :holder, lease_until = :until
WHERE id = :id AND disabled_at IS NULL AND (lease_holder = :holder OR lease_until <= :now)
RETURNING 1;

-- name: release_webhook_endpoints
-- All leases that somebody has.
UPDATE webhook_endpoints SET lease_until = 0 WHERE lease_holder = :holder AND lease_until > 0;

-- name: undelivered_items
-- Items of which an endpoint has not been told all, the next to be tried first: for each the instant of the oldest event
-- that is of a wanted type and comes after what was delivered.
WITH found AS MATERIALIZED (
    SELECT i.id AS item_id, coalesce(c.delivered_no, :after) AS delivered_no, coalesce(c.tries, 0) AS tries,
           coalesce(c.next_try_at, 0) AS next_try_at,
           (
               SELECT min(o.occurred_at)
               FROM json_each(:types) AS wanted CROSS JOIN outbox AS o ON o.event_no = (
                   SELECT next.event_no
                   FROM outbox AS next INDEXED BY outbox_of_item
                   WHERE next.item_id = i.id AND next.type = wanted.value
                     AND next.event_no > coalesce(c.delivered_no, :after)
                   ORDER BY next.event_no
                   LIMIT 1
               )
           ) AS oldest_at
    FROM inventory AS i LEFT JOIN webhook_cursors AS c ON c.endpoint_id = :endpoint_id AND c.item_id = i.id
)
SELECT item_id, delivered_no, tries, next_try_at, oldest_at
FROM found
WHERE oldest_at IS NOT NULL
ORDER BY next_try_at, item_id
LIMIT :limit;

-- name: webhook_cursor
-- How far an endpoint has been told of an item.
SELECT delivered_no, tries, failing_since FROM webhook_cursors WHERE endpoint_id = :endpoint_id AND item_id = :item_id;

-- name: webhook_cursors
-- How far an endpoint has been told of each item.
SELECT item_id, delivered_no, last_answer FROM webhook_cursors WHERE endpoint_id = :endpoint_id;

-- name: next_events
-- The next events of an item that are of the wanted types: of each type the first :limit, by the index, and of these the
-- first :limit.
SELECT o.event_no, o.token, o.type, o.item_id, o.subject_id, o.item, o.occurred_at
FROM json_each(:types) AS wanted CROSS JOIN outbox AS o ON o.event_no IN (
    SELECT next.event_no
    FROM outbox AS next INDEXED BY outbox_of_item
    WHERE next.item_id = :item_id AND next.type = wanted.value AND next.event_no > :after
    ORDER BY next.event_no
    LIMIT :limit
)
ORDER BY o.event_no
LIMIT :limit;

-- name: record_delivery
-- How far an endpoint has been told of an item, by whoever has its lease; nobody else moves that, and nobody moves it back.
INSERT INTO webhook_cursors (endpoint_id, item_id, delivered_no, tries, next_try_at, failing_since, last_answer)
SELECT e.id, :item_id, :delivered_no, :tries, :next_try_at, nullif(:failing_since, 0), :answer
FROM webhook_endpoints AS e
WHERE e.id = :endpoint_id AND e.lease_holder = :holder
ON CONFLICT (endpoint_id, item_id) DO UPDATE
SET delivered_no = max(delivered_no, excluded.delivered_no), tries = excluded.tries, next_try_at = excluded.next_try_at,
    failing_since = excluded.failing_since, last_answer = excluded.last_answer
RETURNING 1;

-- name: event
-- One event.
SELECT event_no, token, type, item_id, subject_id, item, occurred_at FROM outbox WHERE event_no = :no;

-- name: latest_events
-- The newest events.
SELECT event_no, token, type, item_id, subject_id, item, occurred_at FROM outbox ORDER BY event_no DESC LIMIT :limit;

-- name: items_with_due_holds
-- Items with open holds past their deadline.
SELECT i.id
FROM inventory AS i
WHERE i.held > 0 AND EXISTS (
    SELECT 1 FROM holds AS h INDEXED BY open_holds
    WHERE h.item_id = i.id AND h.ended_at IS NULL AND h.expires_at <= max(:now, i.decided_at)
)
ORDER BY i.id
LIMIT :limit;

-- name: first_event_at
-- When the oldest event happened that is still kept.
SELECT occurred_at FROM outbox ORDER BY event_no LIMIT 1;

-- name: forget_events
-- Old events, oldest first, but for those that an enabled endpoint has still to be told, and for the very last one, which
-- keeps numbers from being given again.
DELETE FROM outbox
WHERE event_no IN (
    SELECT o.event_no
    FROM outbox AS o
    WHERE o.occurred_at < :before AND o.event_no < (SELECT max(event_no) FROM outbox) AND NOT EXISTS (
        SELECT 1
        FROM webhook_endpoints AS e
            LEFT JOIN webhook_cursors AS c ON c.endpoint_id = e.id AND c.item_id = o.item_id
        WHERE e.disabled_at IS NULL AND instr(e.event_types, '"' || o.type || '"') > 0
          AND coalesce(c.delivered_no, e.begins_after) < o.event_no
    )
    ORDER BY o.event_no
    LIMIT :limit
)
RETURNING 1;
