"""Each row of docs/holds.md, tried: the page cannot say anything else than the program does."""

from collections.abc import Callable

import pytest

from sellout.domain import (
    Buy,
    BuyBasket,
    Command,
    ConfirmHold,
    EntryState,
    HoldBasket,
    HoldState,
    JoinWaitlist,
    LeaveWaitlist,
    Outcome,
    PayHold,
    Refund,
    Refused,
    ReleaseHold,
    TakeHold,
)
from sellout.http.problems import PROBLEMS
from tests.decide.batches import ask, either_way
from tests.decide.holds_page import (
    Answer,
    KeyRow,
    Row,
    entry_arrows,
    entry_rows,
    hold_arrows,
    hold_rows,
    key_rows,
)
from tests.shelves import NOW, Shelves
from tests.words import (
    a_basket_to_buy,
    a_basket_to_hold,
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

EARLIER = after(NOW, -1000)
LATER = after(NOW, 1000)
"""A hold lasts 600 seconds here, an offer 300, and a payment 900."""

SUCCESS: dict[type[Command], int] = {
    **dict.fromkeys([Buy, TakeHold, JoinWaitlist, BuyBasket, HoldBasket], 201),
    **dict.fromkeys([PayHold, ConfirmHold, Refund], 200),
    **dict.fromkeys([ReleaseHold, LeaveWaitlist], 204),
}


class Scene:
    """Item a has five units, and ada holds three of them; item b has one, and bob holds that, some time before."""

    def __init__(self, capacity: int = 5, limit: int | None = 4) -> None:
        self.shop = Shelves(an_item(capacity=capacity, limit_per_buyer=limit), an_item("b", capacity=1))
        self.hold = a_hold(quantity=3, buyer="ada")
        self.other = a_hold("b", buyer="bob")
        self.second_hold = a_hold(buyer="ada")
        self.bought = a_buy(buyer="ada")
        self.clock = EARLIER

    def happens(self, *commands: Command) -> None:
        for command in commands:
            (outcome,) = self.shop.transact([command], self.clock)
            assert not isinstance(outcome, Refused), outcome

    def state(self) -> str:
        hold = self.shop.holds.get(self.hold.hold_id)
        return "unknown" if hold is None else str(hold.seen_at(self.clock).state)


def nothing(scene: Scene) -> None:
    """Nothing has happened."""


def is_held(scene: Scene) -> None:
    scene.happens(scene.hold)


def is_paying(scene: Scene) -> None:
    scene.happens(scene.hold, pay(scene.hold))


def is_confirmed(scene: Scene) -> None:
    scene.happens(scene.hold, confirm(scene.hold, "first"))


def is_released(scene: Scene) -> None:
    scene.happens(scene.hold, release(scene.hold))


def is_expired(scene: Scene) -> None:
    scene.happens(scene.hold)
    scene.clock = LATER


def its_units_are_gone(scene: Scene) -> None:
    is_expired(scene)
    scene.happens(a_buy(quantity=3, buyer="eve"))


def its_units_are_offered(scene: Scene) -> None:
    scene.happens(scene.hold, a_join("eve", 3), a_join("zoe", 2))
    scene.clock = LATER


def its_buyer_is_at_the_limit(scene: Scene) -> None:
    is_expired(scene)
    scene.happens(a_buy(quantity=2, buyer="ada"))


def its_payment_is_due_back(scene: Scene) -> None:
    """Its units are free again, but too late."""
    is_expired(scene)
    taken = a_buy(quantity=4, buyer="eve")
    scene.happens(taken)
    (late,) = scene.shop.transact([confirm(scene.hold, "mine")], scene.clock)
    assert isinstance(late, Refused)
    scene.happens(refund(taken))


SITUATIONS: dict[str, Callable[[Scene], None]] = {
    "unknown": nothing,
    "held": is_held,
    "paying": is_paying,
    "confirmed": is_confirmed,
    "released": is_released,
    "expired, its units are free": is_expired,
    "expired, its units are gone": its_units_are_gone,
    "expired, its units are offered to who waits": its_units_are_offered,
    "expired, its buyer is at the limit": its_buyer_is_at_the_limit,
    "expired, its payment is due back": its_payment_is_due_back,
}


def a_payment_confirmed_another(scene: Scene) -> None:
    scene.happens(scene.other, confirm(scene.other, "bob's"))


def a_payment_is_due_back_for_another(scene: Scene) -> None:
    """Bob's hold had expired and its unit was sold when he paid."""
    scene.happens(scene.other)
    scene.clock = NOW
    scene.happens(a_buy("b"))
    (late,) = scene.shop.transact([confirm(scene.other, "bob's")], scene.clock)
    assert isinstance(late, Refused)
    assert late.refund_due


ASKS: dict[str, tuple[Callable[[Scene], None], Callable[[Scene], Command]]] = {
    "`pay`": (nothing, lambda scene: pay(scene.hold)),
    "`confirm`": (nothing, lambda scene: confirm(scene.hold, "mine")),
    "`release`": (nothing, lambda scene: release(scene.hold)),
    "`confirm` with a payment that confirmed another": (
        a_payment_confirmed_another,
        lambda scene: confirm(scene.hold, "bob's"),
    ),
    "`confirm` with a payment that is due back for another": (
        a_payment_is_due_back_for_another,
        lambda scene: confirm(scene.hold, "bob's"),
    ),
}


@pytest.mark.parametrize("row", hold_rows(), ids=lambda row: f"{row.ask}: {row.situation}")
def test_a_hold_answers_as_the_page_says(row: Row) -> None:
    scene = Scene()
    before, ask = ASKS[row.ask]
    before(scene)
    scene.clock = NOW
    SITUATIONS[row.situation](scene)
    state = scene.state()
    assert state == row.situation.split(",")[0]
    command = ask(scene)
    (outcome,) = scene.shop.transact([command], scene.clock)
    assert answer_to(command, outcome) == row.answer
    assert scene.state() == row.then
    assert state == row.then or (state, row.then) in hold_arrows()


def test_the_page_has_every_question_in_every_state() -> None:
    asked = {(row.ask, row.situation.split(",")[0]) for row in hold_rows()}
    states = {"unknown", *HoldState}
    assert asked >= {(ask, state) for ask in ("`pay`", "`confirm`", "`release`") for state in states}


def test_every_arrow_of_a_hold_is_a_row_or_time() -> None:
    rows = {(row.situation.split(",")[0], row.then) for row in hold_rows()}
    assert hold_arrows() - rows == {("[*]", "held"), ("held", "expired"), ("paying", "expired")}


# Keys.

KeyedCommands = dict[str, Callable[[Scene], Command]]

BASKET = {"a": 1, "b": 1}

# What is used first: a request of ada's, for item a, under the key k.
FIRSTS: KeyedCommands = {
    "`buy`": lambda _: a_buy(buyer="ada", key="k"),
    "`hold`": lambda _: a_hold(buyer="ada", key="k"),
    "`pay`": lambda scene: pay(scene.hold, "k"),
    "`confirm`": lambda scene: confirm(scene.hold, "mine", "k"),
    "`refund`": lambda scene: refund(scene.bought, "k"),
    "`join`": lambda _: a_join("ada", key="k"),
    "`buy` a basket": lambda _: a_basket_to_buy(BASKET, key="k"),
    "`hold` a basket": lambda _: a_basket_to_hold(BASKET, key="k"),
}

AGAIN: KeyedCommands = FIRSTS | {
    "`buy` of another quantity": lambda _: a_buy(quantity=2, buyer="ada", key="k"),
    "`hold` of another quantity": lambda _: a_hold(quantity=2, buyer="ada", key="k"),
    "`pay` of another hold": lambda scene: pay(scene.second_hold, "k"),
    "`confirm` with another payment": lambda scene: confirm(scene.hold, "another", "k"),
    "`join` for another quantity": lambda _: a_join("ada", 2, key="k"),
    "`join` with another contact": lambda _: a_join("ada", key="k", contact="ada@example.org"),
    "`buy` another basket": lambda _: a_basket_to_buy({"a": 1}, key="k"),
    "`hold` another basket": lambda _: a_basket_to_hold({"a": 2, "b": 1}, key="k"),
}


@pytest.mark.parametrize("row", key_rows(), ids=lambda row: f"{row.first}, then {row.again}")
@either_way
def test_a_key_answers_as_the_page_says(row: KeyRow, together: bool) -> None:
    scene = Scene(capacity=9, limit=None)
    scene.happens(scene.hold, scene.second_hold, scene.bought)
    first, again = FIRSTS[row.first](scene), AGAIN[row.first if row.again == "the same" else row.again](scene)
    one, other = ask(scene.shop, [first, again], together=together, clock=scene.clock)
    assert not isinstance(one, Refused)
    assert answer_to(again, other) == row.answer


# The waiting list.


class Queue(Scene):
    """Zoe waits for two of three units, of which eve holds all; three a buyer."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shelves(an_item(capacity=3, limit_per_buyer=3))
        self.hold = a_hold(quantity=3, buyer="eve")
        self.entry = a_join("zoe", 2)
        self.happens(self.hold)

    def state(self) -> str:
        entry = self.shop.entries.get(self.entry.entry_id)
        if entry is None:
            return "unknown"
        offer = self.shop.holds.get(entry.hold_id)
        return str(entry.state_with(None if offer is None else offer.seen_at(self.clock)))


def waits(scene: Queue) -> None:
    scene.happens(scene.entry)


def is_offered(scene: Queue) -> None:
    scene.happens(scene.entry, release(scene.hold))


def has_confirmed(scene: Queue) -> None:
    is_offered(scene)
    scene.happens(confirm(offer_of(scene.entry)))


def did_not_take_the_offer(scene: Queue) -> None:
    is_offered(scene)
    scene.clock = LATER


def is_at_the_limit(scene: Queue) -> None:
    """One unit comes free, which zoe buys; and then two."""
    scene.happens(scene.entry, change(capacity=4), a_buy(buyer="zoe"), change(limit_per_buyer=2))
    scene.happens(release(scene.hold))


def has_left(scene: Queue) -> None:
    scene.happens(scene.entry, leave(scene.entry))


ENTRY_SITUATIONS: dict[str, Callable[[Queue], None]] = {
    "unknown": nothing,
    "waiting": waits,
    "offered": is_offered,
    "confirmed": has_confirmed,
    "lapsed, its offer was not taken": did_not_take_the_offer,
    "lapsed, its buyer is at the limit": is_at_the_limit,
    "left": has_left,
}

ENTRY_ASKS: dict[str, Callable[[Queue], Command]] = {
    "`leave`": lambda scene: leave(scene.entry),
    "`confirm` its offer": lambda scene: confirm(offer_of(scene.entry)),
    "`release` its offer": lambda scene: release(offer_of(scene.entry)),
}


@pytest.mark.parametrize("row", entry_rows(), ids=lambda row: f"{row.ask}: {row.situation}")
def test_an_entry_answers_as_the_page_says(row: Row) -> None:
    scene = Queue()
    ENTRY_SITUATIONS[row.situation](scene)
    state = scene.state()
    assert state == row.situation.split(",")[0]
    command = ENTRY_ASKS[row.ask](scene)
    (outcome,) = scene.shop.transact([command], scene.clock)
    assert answer_to(command, outcome) == row.answer
    assert scene.state() == row.then
    assert state == row.then or (state, row.then) in entry_arrows()


def test_leaving_is_on_the_page_for_every_state_of_an_entry() -> None:
    assert {row.situation.split(",")[0] for row in entry_rows() if row.ask == "`leave`"} == {"unknown", *EntryState}


def test_every_arrow_of_an_entry_is_a_row_or_comes_by_itself() -> None:
    rows = {(row.situation.split(",")[0], row.then) for row in entry_rows()}
    by_itself = {("waiting", "offered"), ("waiting", "lapsed"), ("offered", "lapsed")}
    assert entry_arrows() - rows == {("[*]", "waiting"), ("[*]", "offered"), *by_itself}


def answer_to(command: Command, outcome: Outcome) -> Answer:
    """What the caller gets over HTTP."""
    if isinstance(outcome, Refused):
        return Answer(PROBLEMS[outcome.reason].status, str(outcome.reason), outcome.refund_due)
    return Answer(SUCCESS[type(command)], replayed=getattr(outcome, "replayed", False))
