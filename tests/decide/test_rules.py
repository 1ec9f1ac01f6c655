"""Why units are refused, and which refusal goes before which: the same for buying and for holding."""

import pytest

from sellout.domain import Command, Item, Reason, Refused
from tests.decide.batches import ask, either_way
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, a_hold, a_join, after, an_item, change, confirm, pay, refund, release

REFUSALS = [
    (an_item(max_per_order=2), 3, "", Reason.INVALID_REQUEST),
    (an_item(limit_per_buyer=2), 1, "", Reason.INVALID_REQUEST),
    (an_item(opens_at=NOW + 1), 1, "", Reason.NOT_OPEN),
    (an_item(closes_at=NOW), 1, "", Reason.CLOSED),
    (an_item(paused=True), 1, "", Reason.PAUSED),
    (an_item(capacity=0), 1, "", Reason.SOLD_OUT),
    (an_item(limit_per_buyer=2), 3, "ada", Reason.LIMIT_REACHED),
    (an_item(capacity=1), 2, "", Reason.NOT_ENOUGH_LEFT),
    # What is wrong with the request goes before the window, the window before the stock, sold out before limits.
    (an_item(max_per_order=2, paused=True), 3, "", Reason.INVALID_REQUEST),
    (an_item(capacity=0, paused=True), 1, "", Reason.PAUSED),
    (an_item(capacity=0, limit_per_buyer=1), 2, "ada", Reason.SOLD_OUT),
    (an_item(closes_at=NOW, opens_at=NOW - 1, paused=True), 1, "", Reason.CLOSED),
    (an_item(opens_at=NOW + 1, paused=True), 1, "", Reason.NOT_OPEN),
    (an_item(capacity=2, held=2, limit_per_buyer=1), 2, "ada", Reason.ALL_HELD),
    (an_item(capacity=1, limit_per_buyer=1), 2, "ada", Reason.LIMIT_REACHED),
]


@pytest.mark.parametrize(("item", "quantity", "buyer", "reason"), REFUSALS)
@pytest.mark.parametrize("ask", [a_buy, a_hold])
def test_a_refusal_names_its_reason_and_writes_nothing(
    ask: type, item: Item, quantity: int, buyer: str, reason: Reason
) -> None:
    decision = Shelves(item).decide([ask(quantity=quantity, buyer=buyer)])
    assert kinds(decision.outcomes) == [reason]
    assert not decision.writes


@pytest.mark.parametrize("ask", [a_buy, a_hold])
def test_as_much_is_granted_as_an_order_a_buyer_and_the_stock_allow(ask: type) -> None:
    shop = Shelves(an_item(capacity=3, max_per_order=3, limit_per_buyer=3))
    (outcome,) = shop.transact([ask(quantity=3, buyer="ada")])
    assert not isinstance(outcome, Refused)


@pytest.mark.parametrize("command", [a_buy("other"), a_hold("other"), a_join("ada", item_id="other"), change("other")])
def test_an_item_that_is_not_there_is_unknown_whatever_is_asked(command: Command) -> None:
    assert Shelves(an_item()).transact([command]) == [Refused(Reason.UNKNOWN_ITEM)]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (pay("nobody's", "k"), Reason.UNKNOWN_HOLD),
        (confirm("nobody's", "r", "k"), Reason.UNKNOWN_HOLD),
        (release("nobody's"), Reason.UNKNOWN_HOLD),
        (refund("nobody's", "k"), Reason.UNKNOWN_PURCHASE),
    ],
)
def test_what_is_not_there_is_unknown(command: Command, reason: Reason) -> None:
    assert Shelves(an_item()).transact([command]) == [Refused(reason)]


@pytest.mark.parametrize(
    ("item", "refused"),
    [
        (an_item(opens_at=NOW + 5), Refused(Reason.NOT_OPEN, opens_at=NOW + 5)),
        (an_item(capacity=1), Refused(Reason.NOT_ENOUGH_LEFT, available=1)),
        (an_item(max_per_order=1), Refused(Reason.INVALID_REQUEST, field="quantity", message="must be from 1 to 1")),
    ],
)
def test_a_refusal_says_what_helps(item: Item, refused: Refused) -> None:
    assert Shelves(item).transact([a_buy(quantity=2)]) == [refused]


def test_it_opens_and_closes_at_the_very_instant() -> None:
    item = an_item(opens_at=NOW, closes_at=NOW + 10)
    assert kinds(Shelves(item).transact([a_buy()], NOW)) == ["Bought"]
    assert kinds(Shelves(item).transact([a_buy()], NOW + 9)) == ["Bought"]
    assert kinds(Shelves(item).transact([a_buy()], NOW + 10)) == ["closed"]


def test_sold_out_is_said_only_when_all_are_sold() -> None:
    shop = Shelves(an_item(capacity=2))
    assert kinds(shop.transact([a_buy(), a_hold(), a_buy(), a_hold()])) == ["Bought", "Held", "all_held", "all_held"]
    shop = Shelves(an_item(capacity=2))
    assert kinds(shop.transact([a_buy(), a_buy(), a_buy(), a_hold()])) == ["Bought", "Bought", "sold_out", "sold_out"]


def all_held(seconds: int) -> Refused:
    """All are held, and the earliest hold ends so many seconds from now."""
    return Refused(Reason.ALL_HELD, available=0, retry_after=seconds, hold_expires_at=after(NOW, seconds))


def test_all_held_says_when_the_earliest_hold_ends() -> None:
    shop = Shelves(an_item(capacity=2, hold_seconds=60))
    shop.transact([a_hold()], after(NOW, -20))
    shop.transact([a_hold()])
    assert shop.transact([a_buy()]) == [all_held(40)]


@pytest.mark.parametrize(
    ("microseconds", "seconds"), [(0, 60), (1, 60), (999_999, 60), (1_000_000, 59), (59_999_999, 1)]
)
def test_who_waits_as_long_as_told_does_not_come_too_early(microseconds: int, seconds: int) -> None:
    shop = Shelves(an_item(capacity=1, hold_seconds=60))
    shop.transact([a_hold()])
    now = NOW + microseconds
    (refused,) = shop.transact([a_buy()], now)
    assert isinstance(refused, Refused)
    assert refused.retry_after == seconds
    assert kinds(shop.transact([a_buy()], after(now, seconds))) == ["Bought"]


@either_way
def test_the_earliest_deadline_is_known_whatever_the_batch_ends_before(together: bool) -> None:
    """Each of these commands ends the hold that would have ended next, or moves its end."""
    shop = Shelves(an_item(capacity=4, hold_seconds=60, payment_seconds=600))
    first, second, third, last = holds = [a_hold() for _ in range(4)]
    for number, hold in enumerate(holds):
        shop.transact([hold], after(NOW, number - 20))
    commands: list[Command] = [pay(first), confirm(second), release(third), a_buy(), a_buy()]
    outcomes = ask(shop, commands, together=together)
    assert outcomes[-1] == all_held(43)
    assert shop.holds[last.hold_id].expires_at == after(NOW, 43)


def test_a_late_confirmation_may_take_the_last_units_and_the_next_is_told_when_others_end() -> None:
    shop = Shelves(an_item(capacity=5))
    hold = a_hold(quantity=4)
    shop.transact([hold], after(NOW, -601))
    shop.transact([a_hold()])
    assert shop.transact([confirm(hold), a_buy()])[1] == all_held(600)


def test_a_change_may_take_the_last_units_and_the_next_is_told_when_holds_end() -> None:
    shop = Shelves(an_item(capacity=5))
    shop.transact([a_hold()])
    assert shop.transact([change(capacity=1), a_buy()])[1] == all_held(600)


def test_the_limit_counts_what_is_bought_and_what_is_held() -> None:
    shop = Shelves(an_item(limit_per_buyer=3))
    hold = a_hold(buyer="ada")
    shop.transact([a_buy(buyer="ada"), hold])
    asks: list[Command] = [
        a_buy(buyer="ada", quantity=2),
        a_hold(buyer="ada", quantity=2),
        a_buy(buyer="bob", quantity=2),
    ]
    assert kinds(shop.transact(asks)) == ["limit_reached", "limit_reached", "Bought"]
    shop.transact([confirm(hold)])
    assert kinds(shop.transact(asks[:2])) == ["limit_reached", "limit_reached"], "a confirmed hold counts once"
    assert kinds(shop.transact([a_hold(buyer="ada")])) == ["Held"]


@either_way
def test_what_is_given_back_no_longer_counts(together: bool) -> None:
    shop = Shelves(an_item(limit_per_buyer=2))
    hold, purchase = a_hold(buyer="ada"), a_buy(buyer="ada")
    commands: list[Command] = [hold, purchase, a_buy(buyer="ada"), release(hold), a_hold(buyer="ada")]
    commands += [refund(purchase), a_buy(buyer="ada"), a_buy(buyer="ada")]
    outcomes = ask(shop, commands, together=together)
    assert kinds(outcomes) == [
        "Held", "Bought", "limit_reached", "Released", "Held", "Refunded", "Bought", "limit_reached",
    ]  # fmt: skip


def test_a_hold_counts_until_its_deadline_to_the_microsecond() -> None:
    shop = Shelves(an_item(limit_per_buyer=1, hold_seconds=60))
    shop.transact([a_hold(buyer="ada")])
    assert kinds(shop.transact([a_buy(buyer="ada")], after(NOW, 60) - 1)) == ["limit_reached"]
    assert kinds(shop.transact([a_buy(buyer="ada")], after(NOW, 60))) == ["Bought"]


def test_a_limit_set_in_the_batch_counts_what_was_bought_and_held_before_it() -> None:
    shop = Shelves(an_item())
    shop.transact([a_buy(buyer="ada"), a_hold(buyer="ada")])
    assert kinds(shop.transact([change(limit_per_buyer=2), a_buy(buyer="ada")])) == ["ItemSaved", "limit_reached"]


def test_requests_without_a_name_are_nobody_s_and_have_no_limit_together() -> None:
    """Only a request that comes while there is a limit needs a name; what was held before it can be confirmed."""
    shop = Shelves(an_item())
    open_hold, late = a_hold(), a_hold()
    shop.transact([late], after(NOW, -601))
    shop.transact([open_hold, a_buy(quantity=5), change(limit_per_buyer=1)])
    assert kinds(shop.transact([confirm(open_hold), confirm(late), a_buy()])) == [
        "Bought", "Bought", "invalid_request",
    ]  # fmt: skip
