-- Whether a buyer of an item has to prove, by a token of the shop's login, who they are. As in the SQLite schema.

ALTER TABLE inventory ADD COLUMN buyer_tokens text NOT NULL DEFAULT 'optional'
    CONSTRAINT buyer_tokens_are_known CHECK (buyer_tokens IN ('optional', 'required'));

-- An event has its item with all its members.
CREATE OR REPLACE FUNCTION sold_out_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL AND strpos(event_types, '"item.sold_out"') > 0
    ) THEN
        INSERT INTO outbox (type, item_id, subject_id, item, occurred_at)
        SELECT 'item.sold_out', after.id, after.id,
               json_build_array(
                   after.id, after.item, after.capacity, after.sold, after.held, after.opens_at, after.closes_at,
                   after.paused, after.limit_per_buyer, after.max_per_order, after.hold_seconds, after.payment_seconds,
                   after.offer_seconds, after.buyer_tokens
               )::text,
               after.decided_at
        FROM after JOIN before USING (id)
        WHERE after.sold = after.capacity AND before.sold <> before.capacity
        ORDER BY after.id;
    END IF;
    RETURN NULL;
END $$;
