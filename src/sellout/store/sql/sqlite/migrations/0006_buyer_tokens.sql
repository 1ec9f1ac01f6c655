-- Whether a buyer of an item has to prove, by a token of the shop's login, who they are.

ALTER TABLE inventory ADD COLUMN buyer_tokens TEXT NOT NULL DEFAULT 'optional'
    CONSTRAINT buyer_tokens_are_known CHECK (buyer_tokens IN ('optional', 'required'));

-- An event has its item with all its members.
DROP TRIGGER sold_out_is_told;

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
            new.limit_per_buyer, new.max_per_order, new.hold_seconds, new.payment_seconds, new.offer_seconds,
            new.buyer_tokens
        ),
        new.decided_at
    );
END;
