"""A hold's way by example. The table of all answers is in docs/holds.md, and test_holds_page.py tries it."""

import pytest

from sellout.domain import (
    Bought,
    Command,
    Held,
    Hold,
    HoldState,
    LatePayment,
    Outcome,
    Reason,
    Refused,
    TakeHold,
)
from tests.decide.batches import ask, either_way
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, a_hold, after, an_item, change, confirm, pay, refund, release


def held(outcome: Outcome) -> Hold:
    """The hold that was taken or is being paid."""
    assert isinstance(outcome, Held)
    return outcome.hold


def hold_in(shop: Shelves, hold: TakeHold) -> Hold:
    """The hold as it was written."""
    return shop.holds[hold.hold_id]


def test_a_hold_keeps_units_until_its_deadline_to_the_microsecond() -> None:
    shop = Shelves(an_item(capacity=1, hold_seconds=60))
    (taken,) = shop.transact([a_hold()])
    assert held(taken).expires_at == after(NOW, 60)
    assert kinds(shop.transact([a_buy()], after(NOW, 60) - 1)) == ["all_held"]
    assert kinds(shop.transact([a_buy()], after(NOW, 60))) == ["Bought"]


def test_expired_holds_end_when_their_item_is_next_decided_on_and_count_as_free_at_once() -> None:
    shop = Shelves(an_item(capacity=3), an_item("b"))
    holds = [a_hold() for _ in range(3)]
    shop.transact(holds)
    shop.transact([a_buy("b")], after(NOW, 600))
    assert [hold_in(shop, hold).state for hold in holds] == [HoldState.HELD] * 3
    assert kinds(shop.transact([a_buy(quantity=3)], after(NOW, 700))) == ["Bought"]
    assert {(hold_in(shop, hold).state, hold_in(shop, hold).ended_at) for hold in holds} == {
        (HoldState.EXPIRED, after(NOW, 700))
    }


@pytest.mark.parametrize(
    ("paid_after", "deadline"),
    [(0, 90), (10, 100), (1, 91)],
)
def test_payment_gets_its_own_time_from_the_moment_it_begins(paid_after: int, deadline: int) -> None:
    shop = Shelves(an_item(hold_seconds=60, payment_seconds=90))
    hold = a_hold()
    shop.transact([hold])
    (paying,) = shop.transact([pay(hold)], after(NOW, paid_after))
    assert held(paying).expires_at == after(NOW, deadline)


def test_beginning_to_pay_never_shortens_a_hold() -> None:
    shop = Shelves(an_item(hold_seconds=60, payment_seconds=5))
    hold = a_hold()
    _, paying = shop.transact([hold, pay(hold)])
    assert held(paying).expires_at == after(NOW, 60)


@either_way
@pytest.mark.parametrize("key", [None, "k"])
def test_payment_moves_the_deadline_once(key: str | None, together: bool) -> None:
    shop = Shelves(an_item(hold_seconds=60, payment_seconds=90))
    hold = a_hold()
    shop.transact([hold])
    first, again = ask(shop, [pay(hold, key), pay(hold, key)], together=together)
    (later,) = shop.transact([pay(hold, key)], after(NOW, 50))
    assert held(first) == held(again) == held(later)
    assert hold_in(shop, hold).expires_at == after(NOW, 90)


def test_a_payment_that_failed_keeps_the_hold_and_another_may_be_tried() -> None:
    shop = Shelves(an_item(hold_seconds=60, payment_seconds=90))
    hold = a_hold()
    shop.transact([hold, pay(hold)])
    assert kinds(shop.transact([pay(hold)], after(NOW, 70))) == ["Held"]
    assert kinds(shop.transact([confirm(hold)], after(NOW, 90) - 1)) == ["Bought"]


def test_a_hold_becomes_a_purchase_that_names_it_and_its_payment() -> None:
    shop = Shelves(an_item(capacity=2))
    hold = a_hold(quantity=2, buyer="ada")
    command = confirm(hold, "payment", key="k")
    _, _, bought = shop.transact([hold, change(name="Renamed"), command])
    assert isinstance(bought, Bought)
    purchase = bought.purchase
    assert purchase == shop.purchases[command.purchase_id]
    assert (purchase.item_name, purchase.buyer, purchase.quantity) == ("A", "ada", 2)
    assert (purchase.hold_id, purchase.payment_ref, purchase.key) == (hold.hold_id, "payment", "k")
    assert hold_in(shop, hold).purchase_id == purchase.id
    assert (shop.items["a"].sold, shop.items["a"].held) == (2, 0)


def test_a_confirmed_purchase_can_be_refunded() -> None:
    shop = Shelves(an_item(capacity=1))
    hold = a_hold()
    command = confirm(hold, "payment")
    assert kinds(shop.transact([hold, command, refund(command), a_hold()])) == ["Held", "Bought", "Refunded", "Held"]
    assert kinds(shop.transact([confirm(hold, "payment")])) == ["already_confirmed"], "the hold had its purchase"


@pytest.mark.parametrize("closed", [{"paused": True}, {"closes_at": NOW}, {"opens_at": NOW + 1}])
@either_way
def test_what_was_promised_can_be_paid_whatever_became_of_the_sale(closed: dict[str, int], together: bool) -> None:
    shop = Shelves(an_item())
    hold, late = a_hold(), a_hold()
    shop.transact([late], after(NOW, -601))
    shop.transact([hold])
    change_it = change(**closed)  # type: ignore[arg-type]
    outcomes = ask(shop, [change_it, pay(hold), confirm(hold), confirm(late)], together=together)
    assert kinds(outcomes) == ["ItemSaved", "Held", "Bought", "Bought"]


def test_the_units_of_a_released_hold_are_free_for_the_next_command() -> None:
    shop = Shelves(an_item(capacity=1))
    hold = a_hold()
    assert kinds(shop.transact([hold, a_buy(), release(hold), a_buy()])) == ["Held", "all_held", "Released", "Bought"]


@either_way
def test_releasing_again_gives_nothing_back_again(together: bool) -> None:
    shop = Shelves(an_item(capacity=2))
    hold = a_hold()
    shop.transact([hold, a_buy()])
    assert kinds(ask(shop, [release(hold), release(hold)], together=together)) == ["Released"] * 2
    assert shop.items["a"].available == 1


@either_way
def test_a_repeated_key_gets_the_hold_as_it_was_taken_whatever_became_of_it(together: bool) -> None:
    shop = Shelves(an_item(capacity=1))
    hold = a_hold(buyer="ada", key="k")
    (taken,) = shop.transact([hold])
    again = a_hold(buyer="ada", key="k")
    for goes_on in (pay(hold), confirm(hold)):
        _, repeated = ask(shop, [goes_on, again], together=together)
        assert repeated == Held(held(taken), replayed=True)
    assert len(shop.holds) == 1


def test_a_repeated_key_gets_the_expired_hold_and_no_new_one() -> None:
    shop = Shelves(an_item())
    (taken,) = shop.transact([a_hold(key="k")])
    assert shop.transact([a_hold(key="k")], after(NOW, 601)) == [Held(held(taken), replayed=True)]
    assert shop.items["a"].held == 0


@either_way
def test_a_repeated_payment_key_gets_the_answer_that_payment_has_begun(together: bool) -> None:
    shop = Shelves(an_item())
    hold = a_hold()
    shop.transact([hold])
    first, _, again = ask(shop, [pay(hold, "k"), release(hold), pay(hold, "k")], together=together)
    assert again == Held(held(first), replayed=True)
    assert hold_in(shop, hold).state is HoldState.RELEASED


@either_way
def test_a_repeated_confirmation_gets_its_purchase_also_after_the_refund(together: bool) -> None:
    shop = Shelves(an_item())
    hold = a_hold(buyer="ada")
    first_try = confirm(hold, "payment", "k")
    shop.transact([hold])
    (first,) = shop.transact([first_try])
    assert isinstance(first, Bought)
    _, again = ask(shop, [refund(first_try), confirm(hold, "payment", "k")], together=together)
    assert again == Bought(first.purchase, replayed=True)


# Payments that come late.


def late_hold(shop: Shelves, quantity: int = 1, buyer: str = "ada") -> TakeHold:
    """A hold that has just expired."""
    hold = a_hold(quantity=quantity, buyer=buyer)
    assert kinds(shop.transact([hold], after(NOW, -600))) == ["Held"]
    return hold


def test_a_late_payment_takes_the_units_again_in_the_same_transaction() -> None:
    shop = Shelves(an_item(capacity=2))
    hold = late_hold(shop, quantity=2)
    assert kinds(shop.transact([confirm(hold), a_buy()])) == ["Bought", "sold_out"]
    assert hold_in(shop, hold).state is HoldState.CONFIRMED


def test_a_late_payment_takes_them_all_or_none() -> None:
    shop = Shelves(an_item(capacity=2))
    hold = late_hold(shop, quantity=2)
    assert kinds(shop.transact([a_buy(), confirm(hold), a_buy()])) == ["Bought", "hold_expired", "Bought"]


@either_way
def test_a_payment_for_units_that_are_gone_is_due_back_and_recorded_once(together: bool) -> None:
    shop = Shelves(an_item(capacity=1))
    hold = late_hold(shop)
    shop.transact([a_buy()])
    too_late = Refused(Reason.HOLD_EXPIRED, hold_expires_at=NOW, refund_due=True)
    assert ask(shop, [confirm(hold, "late"), confirm(hold, "late")], together=together) == [too_late] * 2
    assert shop.late_payments == {"late": LatePayment("late", hold.hold_id, "a", 1)}


def test_a_late_confirmation_without_a_payment_is_refused_and_nothing_is_recorded() -> None:
    shop = Shelves(an_item(capacity=1))
    hold = late_hold(shop)
    shop.transact([a_buy()])
    (outcome,), writes = shop.decide([confirm(hold)])
    assert outcome == Refused(Reason.HOLD_EXPIRED, hold_expires_at=NOW, refund_due=True)
    assert not writes


@either_way
def test_a_payment_that_is_due_back_confirms_nothing_though_units_come_free(together: bool) -> None:
    shop = Shelves(an_item(capacity=2))
    hold, purchase, other = late_hold(shop), a_buy(quantity=2), a_hold(buyer="bob")
    shop.transact([purchase])
    commands: list[Command] = [confirm(hold, "late"), refund(purchase), confirm(hold, "late"), other]
    commands += [confirm(other, "late"), confirm(hold, "another")]
    assert kinds(ask(shop, commands, together=together)) == [
        "hold_expired", "Refunded", "hold_expired", "Held", "payment_ref_in_use", "Bought",
    ]  # fmt: skip


@either_way
def test_one_payment_confirms_one_hold(together: bool) -> None:
    shop = Shelves(an_item(), an_item("b"))
    holds = [a_hold(), a_hold(), a_hold("b")]
    shop.transact(holds)
    outcomes = ask(shop, [confirm(hold, "payment") for hold in holds], together=together)
    assert kinds(outcomes) == ["Bought", "payment_ref_in_use", "payment_ref_in_use"]
    assert kinds(shop.transact([confirm(holds[1], "another")])) == ["Bought"]


@either_way
def test_a_late_payment_may_not_pass_the_limit(together: bool) -> None:
    shop = Shelves(an_item(limit_per_buyer=2))
    hold = late_hold(shop, quantity=2)
    bought = a_buy(buyer="ada")
    outcomes = ask(shop, [bought, confirm(hold, "late"), refund(bought), confirm(hold, "again")], together=together)
    assert kinds(outcomes) == ["Bought", "hold_expired", "Refunded", "Bought"]
    assert kinds(shop.transact([a_buy(buyer="ada")])) == ["limit_reached"], "what came late counts"


def test_time_decides_before_the_command_does() -> None:
    """At the very deadline a hold has expired, whoever asks first."""
    for command, kind in ((pay, "hold_expired"), (release, "hold_expired"), (confirm, "Bought")):
        shop = Shelves(an_item())
        assert kinds(shop.transact([command(late_hold(shop))])) == [kind]
