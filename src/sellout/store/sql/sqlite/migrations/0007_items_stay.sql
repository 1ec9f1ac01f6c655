-- Items stay, and so do the numbers of sales. A shell has foreign keys switched off, so the reference of a purchase to its
-- item keeps nobody from removing the item; triggers do.

CREATE TRIGGER items_are_not_removed BEFORE DELETE ON inventory
BEGIN
    SELECT RAISE (ABORT, 'an item is never removed: close it');
END;

-- `INSERT OR REPLACE` removes without a trigger of removals.
CREATE TRIGGER items_are_not_replaced BEFORE INSERT ON inventory
WHEN EXISTS (SELECT 1 FROM inventory WHERE id = new.id)
BEGIN
    SELECT RAISE (ABORT, 'an item is never replaced: change it');
END;

CREATE TRIGGER items_keep_their_ids BEFORE UPDATE OF id ON inventory
BEGIN
    SELECT RAISE (ABORT, 'the id of an item is never changed: purchases and movements name it');
END;

DROP TRIGGER purchases_are_not_changed;

CREATE TRIGGER purchases_are_not_changed
BEFORE UPDATE OF id, item_id, item, buyer, quantity, idempotency_key, purchased_at, hold_id, payment_ref, basket_id
ON purchases
BEGIN
    SELECT RAISE (ABORT, 'a purchase is never changed: refund it');
END;

-- By its value and not by the column, because `rowid` is another name for it.
CREATE TRIGGER purchases_keep_their_numbers BEFORE UPDATE ON purchases WHEN new.purchase_no <> old.purchase_no
BEGIN
    SELECT RAISE (ABORT, 'a purchase is never changed: refund it');
END;

DROP TRIGGER holds_are_not_changed;

CREATE TRIGGER holds_are_not_changed
BEFORE UPDATE OF id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, basket_id, entry_id ON holds
BEGIN
    SELECT RAISE (ABORT, 'a hold is never changed but for its deadline and its end');
END;

CREATE TRIGGER holds_keep_their_numbers BEFORE UPDATE ON holds WHEN new.hold_no <> old.hold_no
BEGIN
    SELECT RAISE (ABORT, 'a hold is never changed but for its deadline and its end');
END;

CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON waitlist
BEGIN
    SELECT RAISE (ABORT, 'an entry of the waiting list is never removed: it leaves');
END;

CREATE TRIGGER entries_keep_their_places BEFORE UPDATE ON waitlist
WHEN new.entry_no <> old.entry_no OR new.id <> old.id OR new.item_id <> old.item_id
BEGIN
    SELECT RAISE (ABORT, 'an entry of the waiting list keeps its place');
END;

CREATE TRIGGER late_payments_are_not_removed BEFORE DELETE ON late_payments
BEGIN
    SELECT RAISE (ABORT, 'a payment that is due back is never removed');
END;
