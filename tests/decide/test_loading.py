"""What a batch loads of what can grow: enough for its answers, and no more than that."""

from collections.abc import Callable

import pytest

from sellout.decide import Found, deadlines_wanted, due_max, entries_wanted, limits_matter, loading
from sellout.domain import Command, Entry, EntryState, Hold, HoldState, Item, Refused, Settle, TakeHold
from tests.shelves import NOW, Shelves, kinds
from tests.words import (
    a_basket_to_buy,
    a_buy,
    a_hold,
    a_join,
    after,
    an_item,
    change,
    confirm,
    leave,
    offer_of,
    pay,
    refund,
    release,
)


def test_a_purchase_of_an_item_without_limit_loads_nothing_of_what_others_did() -> None:
    shop = Shelves(an_item(capacity=100))
    shop.transact([a_buy(buyer="ada"), a_hold(buyer="ada"), a_hold()])
    loaded = shop.load([a_buy(buyer="ada")])
    assert (loaded.bought, loaded.purchases, loaded.holds, loaded.due, loaded.waiting) == ({}, {}, {}, [], {})
    assert loaded.deadlines == {"a": []}, "units are left after it, so nobody is told when holds end"


@pytest.mark.parametrize(
    ("item", "commands", "wanted"),
    [
        (an_item(capacity=9), [a_buy(quantity=8)], 0),
        (an_item(capacity=9), [a_buy(quantity=9)], 1),
        (an_item(capacity=9), [a_buy(quantity=5), a_basket_to_buy({"a": 4, "b": 1})], 1),
        (an_item(capacity=9), [a_buy("b", quantity=9), a_hold(quantity=8)], 0),
        (an_item(capacity=1), [a_buy(), release("h"), leave(a_join("ada"))], 3),
        (an_item(capacity=9), [change(capacity=1)], 1),
    ],
)
def test_deadlines_are_wanted_where_all_may_be_held_before_the_end(
    item: Item, commands: list[Command], wanted: int
) -> None:
    assert deadlines_wanted(item, 0, commands, Found(), waiting=False) == wanted


def test_deadlines_are_wanted_where_somebody_waits_and_not_where_enough_expires() -> None:
    assert deadlines_wanted(an_item(capacity=9), 0, [a_buy()], Found(), waiting=True) == 1
    assert deadlines_wanted(an_item(capacity=0), 1, [a_buy()], Found(), waiting=False) == 1
    assert deadlines_wanted(an_item(capacity=0), 2, [a_buy()], Found(), waiting=False) == 0


@pytest.mark.parametrize(("quantity", "wanted"), [(7, 0), (8, 2)])
def test_deadlines_are_wanted_where_a_late_confirmation_may_take_the_last(quantity: int, wanted: int) -> None:
    late = Hold("h", "a", "A", "ada", quantity, None, NOW, NOW, NOW)
    commands: list[Command] = [confirm("h"), a_buy()]
    assert deadlines_wanted(an_item(capacity=9), 0, commands, Found(holds={"h": late}), waiting=False) == wanted


def test_as_many_expired_holds_are_loaded_as_a_batch_could_sell_and_a_thousand_more() -> None:
    commands: list[Command] = [a_buy(quantity=3), a_hold(quantity=2), a_join("ada"), a_buy("b", quantity=9)]
    assert due_max("a", commands) == loading.DUE_LOADED_MIN + 6
    assert due_max("b", commands) == loading.DUE_LOADED_MIN + 9


def test_as_many_entries_are_loaded_as_may_be_offered_something_and_some_that_may_lapse() -> None:
    commands: list[Command] = [release("h"), confirm("g"), leave(a_join("ada")), a_buy()]
    assert entries_wanted(5, commands, limited=False) == 8
    assert entries_wanted(5, commands, limited=True) == 8 + loading.LAPSING_LOADED
    assert entries_wanted(10_000, commands) == loading.ENTRIES_LOADED_MAX


def test_what_buyers_have_is_loaded_where_a_limit_may_apply() -> None:
    assert not limits_matter([an_item()], [a_buy()])
    assert limits_matter([an_item(), an_item("b", limit_per_buyer=1)], [a_buy()])
    assert limits_matter([an_item()], [change(limit_per_buyer=1)])


# Where there is more than one batch looks at, nothing false is said, and the next batches do the rest.


@pytest.fixture
def short_sighted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "DUE_LOADED_MIN", 1)
    monkeypatch.setattr(loading, "ENTRIES_LOADED_MAX", 1)


def test_a_batch_frees_as_many_expired_holds_as_it_can_sell(short_sighted: None) -> None:
    shop = Shelves(an_item(capacity=9))
    shop.transact([a_hold() for _ in range(9)])
    assert kinds(shop.transact([a_buy(quantity=2)], after(NOW, 600))) == ["Bought"]
    assert (shop.items["a"].held, shop.items["a"].sold) == (6, 2)
    for left in (5, 4, 3):
        shop.transact([Settle("a")], after(NOW, 600))
        assert shop.items["a"].held == left


@pytest.mark.parametrize(
    ("ask", "answer"),
    [(pay, "hold_expired"), (release, "hold_expired"), (confirm, "Bought")],
    ids=["pay", "release", "confirm"],
)
def test_an_expired_hold_that_is_named_has_expired_though_others_are_not_looked_at(
    short_sighted: None, ask: Callable[[TakeHold], Command], answer: str
) -> None:
    shop = Shelves(an_item(capacity=9))
    holds = [a_hold() for _ in range(9)]
    shop.transact(holds)
    assert kinds(shop.transact([ask(holds[-1])], after(NOW, 600))) == [answer]
    assert shop.holds[holds[-1].hold_id].ended_at == after(NOW, 600)


def test_an_offer_that_is_left_after_its_deadline_has_lapsed_though_others_are_not_looked_at(
    short_sighted: None,
) -> None:
    shop = Shelves(an_item(capacity=9))
    entries = [a_join("ada") for _ in range(9)]
    shop.transact(entries)
    shop.transact([leave(entries[-1])], after(NOW, 300))
    assert shop.holds[offer_of(entries[-1])].state is HoldState.EXPIRED


def test_the_units_of_an_expired_hold_that_is_named_go_to_who_waits(short_sighted: None) -> None:
    shop = Shelves(an_item(capacity=9))
    holds = [a_hold(quantity=2) for _ in range(4)]
    many = a_join("ada", 5)
    shop.transact([a_buy(), *holds, many])
    assert kinds(shop.transact([release(holds[-1]), release(holds[-2])], after(NOW, 600))) == ["hold_expired"] * 2
    assert offer_of(many) in shop.holds, "two units from the first that is due, and two from each that is named"


def test_the_units_of_an_expired_hold_that_is_paid_late_are_for_who_waits_though_not_looked_at(
    short_sighted: None,
) -> None:
    shop = Shelves(an_item(capacity=8))
    holds = [a_hold(quantity=2) for _ in range(4)]
    shop.transact([*holds, a_join("ada", 2), a_join("bob", 2)])
    (outcome,) = shop.transact([confirm(holds[-1], "late")], after(NOW, 600))
    assert isinstance(outcome, Refused)
    assert outcome.refund_due


def waiting(shop: Shelves) -> list[Entry]:
    """Those who still wait."""
    return [entry for entry in shop.entries.values() if entry.state is EntryState.WAITING]


def test_nobody_overtakes_those_whom_a_batch_does_not_look_at(short_sighted: None) -> None:
    shop = Shelves(an_item(capacity=3))
    purchase = a_buy(quantity=3)
    entries = [a_join(buyer) for buyer in ("ada", "bob", "cleo")]
    shop.transact([purchase, *entries])
    asks: list[Command] = [a_buy(), a_hold(), a_join("dan")]
    assert kinds(shop.transact([refund(purchase), *asks])) == ["Refunded", "all_held", "all_held", "Joined"]
    while waiting(shop)[:-1]:
        before = len(waiting(shop))
        assert kinds(shop.transact([a_buy()])) == ["all_held"]
        assert len(waiting(shop)) == before - 1, "each batch serves one"
    assert all(offer_of(entry) in shop.holds for entry in entries)


def test_who_is_not_looked_at_is_not_kept_from_leaving(short_sighted: None) -> None:
    shop = Shelves(an_item(capacity=1))
    purchase = a_buy()
    first, second, third = (a_join(buyer) for buyer in ("ada", "bob", "cleo"))
    shop.transact([purchase, first, second, third])
    shop.transact([leave(second), refund(purchase)])
    shop.transact([release(offer_of(first))])
    shop.transact([Settle("a")])
    assert offer_of(third) in shop.holds
    assert offer_of(second) not in shop.holds


@pytest.mark.parametrize("quantity", [2**63 - 1, 2**63, 10**40])
def test_no_command_makes_a_batch_count_beyond_what_an_engine_can(quantity: int) -> None:
    commands = [a_buy(quantity=quantity)] * 1000 + [a_basket_to_buy({"a": quantity, "b": 1})]
    assert due_max("a", commands) < 2**62
