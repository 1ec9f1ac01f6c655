"""Items: adding and changing them while they are being sold."""

from sellout.domain import AddItem, Item, ItemSaved, Reason, Refused, Settle, Settled
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, a_hold, after, an_item, change


def saved(outcome: object) -> Item:
    """The item that was saved."""
    assert isinstance(outcome, ItemSaved)
    return outcome.item


def test_capacity_is_raised_and_lowered_but_not_below_what_is_sold_and_held() -> None:
    shop = Shelves(an_item(capacity=5))
    shop.transact([a_buy(quantity=2), a_hold()])
    lowered, too_low, raised = shop.transact([change(capacity=value) for value in (3, 2, 9)])
    assert saved(lowered).available == 0
    assert too_low == Refused(Reason.CAPACITY_BELOW_COMMITTED, available=0)
    assert saved(raised) == shop.items["a"] == an_item(capacity=9, sold=2, held=1)


def test_a_hold_whose_deadline_has_passed_is_no_longer_committed() -> None:
    shop = Shelves(an_item(capacity=5))
    shop.transact([a_hold(quantity=5)])
    (lowered,) = shop.transact([change(capacity=1)], after(NOW, 600))
    assert saved(lowered) == an_item(capacity=1)


def test_an_item_is_added_once_and_sells_in_the_same_batch() -> None:
    shop = Shelves()
    outcomes = shop.transact([a_buy(), AddItem(an_item(capacity=1)), AddItem(an_item()), a_buy(), a_buy()])
    assert kinds(outcomes) == ["unknown_item", "ItemSaved", "item_exists", "Bought", "sold_out"]
    assert shop.items["a"] == an_item(capacity=1, sold=1)


def test_a_window_that_closes_before_it_opens_is_refused() -> None:
    shop = Shelves(an_item(opens_at=NOW))
    assert kinds(shop.transact([change(closes_at=NOW), change(closes_at=NOW + 1)])) == ["invalid_request", "ItemSaved"]


def test_times_of_an_item_count_for_the_holds_that_are_taken_after_the_change() -> None:
    shop = Shelves(an_item())
    before, later = a_hold(), a_hold()
    shop.transact([before, change(hold_seconds=60), later])
    assert shop.holds[before.hold_id].expires_at == after(NOW, 600)
    assert shop.holds[later.hold_id].expires_at == after(NOW, 60)


def test_settling_ends_what_is_over_and_otherwise_changes_nothing() -> None:
    shop = Shelves(an_item())
    shop.transact([a_hold()])
    assert shop.decide([Settle("a")]).outcomes == [Settled()]
    assert not shop.decide([Settle("a")]).writes
    assert shop.transact([Settle("a"), Settle("other")], after(NOW, 600)) == [Settled(), Refused(Reason.UNKNOWN_ITEM)]
    assert shop.items["a"].held == 0
