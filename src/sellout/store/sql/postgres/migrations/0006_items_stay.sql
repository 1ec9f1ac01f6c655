-- Items stay, and so do the numbers of sales, whoever writes; a session may have foreign keys switched off
-- (`session_replication_role`), but not by mistake.

CREATE TRIGGER items_are_not_removed BEFORE DELETE ON inventory
FOR EACH ROW EXECUTE FUNCTION refuse('an item is never removed: close it');

CREATE TRIGGER items_keep_their_ids BEFORE UPDATE OF id ON inventory
FOR EACH ROW EXECUTE FUNCTION refuse('the id of an item is never changed: purchases and movements name it');

DROP TRIGGER purchases_are_not_changed ON purchases;

CREATE TRIGGER purchases_are_not_changed
BEFORE UPDATE OF purchase_no, id, item_id, item, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref,
    basket_id ON purchases
FOR EACH ROW EXECUTE FUNCTION refuse('a purchase is never changed: refund it');

DROP TRIGGER holds_are_not_changed ON holds;

CREATE TRIGGER holds_are_not_changed
BEFORE UPDATE OF hold_no, id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, basket_id, entry_id
    ON holds
FOR EACH ROW EXECUTE FUNCTION refuse('a hold is never changed but for its deadline and its end');

CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON waitlist
FOR EACH ROW EXECUTE FUNCTION refuse('an entry of the waiting list is never removed: it leaves');

CREATE TRIGGER entries_keep_their_places BEFORE UPDATE OF entry_no, id, item_id ON waitlist
FOR EACH ROW EXECUTE FUNCTION refuse('an entry of the waiting list keeps its place');

CREATE TRIGGER late_payments_are_not_removed BEFORE DELETE ON late_payments
FOR EACH ROW EXECUTE FUNCTION refuse('a payment that is due back is never removed');
