"""Items that ask who a buyer is: the rule holds over reopening, on every engine, and events of before it are read."""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sellout.domain import (
    ANONYMOUS,
    ANY_BUYER,
    AddItem,
    Bought,
    BuyerTokens,
    Held,
    Item,
    Joined,
    Outcome,
    Reason,
    Refused,
)
from sellout.domain.events import EventType
from sellout.store.migrations import Migration, migrations
from tests.shelves import kinds
from tests.store.shop import Shop
from tests.words import (
    a_basket_to_buy,
    a_basket_to_hold,
    a_buy,
    a_hold,
    a_join,
    an_item,
    change,
    confirm,
    leave,
    pay,
    refund,
    release,
)

REQUIRED = BuyerTokens.REQUIRED
OTHERS = [None, "bob", ANONYMOUS]
"""What is proven by who is not ada."""

TAKING: dict[str, Callable[[], Any]] = {
    "buy": lambda: a_buy(buyer="ada", key="k"),
    "hold": lambda: a_hold(buyer="ada", key="k"),
    "join": lambda: a_join("ada", key="k"),
}
BASKETS: dict[str, Callable[[], Any]] = {
    "buy": lambda: a_basket_to_buy({"b": 1, "a": 1}, key="k"),
    "hold": lambda: a_basket_to_hold({"b": 1, "a": 1}, key="k"),
}


def got(outcome: Outcome) -> tuple[str, bool]:
    """What somebody has got, and whether it was again."""
    match outcome:
        case Bought(purchase):
            return purchase.id, outcome.replayed
        case Held(hold):
            return hold.id, outcome.replayed
        case Joined(entry):
            return entry.id, outcome.replayed
        case _:
            raise AssertionError(outcome)


@pytest.mark.parametrize("kind", TAKING)
def test_only_the_buyer_and_who_may_act_for_all_take_units_and_use_their_keys(kind: str, shop: Shop) -> None:
    shop.transact(AddItem(an_item(buyer_tokens=REQUIRED)))
    for proven in OTHERS:
        assert kinds(shop.transact(TAKING[kind]()._replace(proven=proven))) == ["unauthorized"]
    assert (shop.item().sold, shop.item().held) == (0, 0)
    (first,) = shop.transact(TAKING[kind]()._replace(proven="ada"))
    (again,) = shop.transact(TAKING[kind]()._replace(proven=ANY_BUYER))
    assert got(again) == (got(first)[0], True)
    for proven in OTHERS:
        assert kinds(shop.transact(TAKING[kind]()._replace(proven=proven))) == ["unauthorized"], "nor by the key"


@pytest.mark.parametrize("kind", BASKETS)
def test_a_basket_names_the_line_whose_item_asks(kind: str, shop: Shop) -> None:
    shop.transact(AddItem(an_item("a", buyer_tokens=REQUIRED)), AddItem(an_item("b")))
    for proven in OTHERS:
        refused = shop.transact(BASKETS[kind]()._replace(proven=proven))
        assert refused == [Refused(Reason.UNAUTHORIZED, line=1, item_id="a")]
    assert [(shop.item(item).sold, shop.item(item).held) for item in "ab"] == [(0, 0), (0, 0)]
    (first,) = shop.transact(BASKETS[kind]()._replace(proven="ada"))
    assert [first._replace(replayed=True)] == shop.transact(BASKETS[kind]()._replace(proven=ANY_BUYER))  # type: ignore[call-arg]
    assert kinds(shop.transact(BASKETS[kind]()._replace(proven="bob"))) == ["unauthorized"]


@pytest.mark.parametrize("act", [pay, confirm, release])
def test_another_s_hold_is_not_there(act: Callable[[Any], Any], shop: Shop) -> None:
    shop.transact(AddItem(an_item(buyer_tokens=REQUIRED)))
    hold = a_hold(buyer="ada")._replace(proven="ada")
    shop.transact(hold)
    unknown = shop.transact(act("unknown")._replace(proven="bob"))
    for proven in OTHERS:
        assert shop.transact(act(hold)._replace(proven=proven)) == unknown
    assert shop.item().held == 1
    assert kinds(shop.transact(act(hold)._replace(proven="ada")))[0] in ("Held", "Bought", "Released")


def test_another_s_place_is_not_there(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1, buyer_tokens=REQUIRED)))
    entry = a_join("ada")._replace(proven="ada")
    shop.transact(entry)
    for proven in OTHERS:
        assert kinds(shop.transact(leave(entry)._replace(proven=proven))) == ["unknown_entry"]
    assert kinds(shop.transact(leave(entry)._replace(proven=ANY_BUYER))) == ["Left"]


def test_what_was_held_before_an_item_asks_is_its_buyer_s_from_then_on(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    of_ada, of_nobody = a_hold(buyer="ada"), a_hold()
    shop.transact(of_ada, of_nobody)
    shop.transact(change(buyer_tokens=REQUIRED))
    assert shop.item().buyer_tokens is REQUIRED
    assert kinds(shop.transact(confirm(of_ada), confirm(of_nobody))) == ["unknown_hold", "unknown_hold"]
    by_ada, by_ada_of_nobody = (confirm(hold)._replace(proven="ada") for hold in (of_ada, of_nobody))
    assert kinds(shop.transact(by_ada, by_ada_of_nobody)) == ["Bought", "unknown_hold"]
    assert kinds(shop.transact(confirm(of_nobody)._replace(proven=ANY_BUYER))) == ["Bought"]


def test_an_item_that_asks_no_more_sells_to_everybody(shop: Shop) -> None:
    shop.transact(AddItem(an_item(buyer_tokens=REQUIRED)), change(buyer_tokens=BuyerTokens.OPTIONAL))
    assert kinds(shop.transact(a_buy(buyer="ada"), a_buy())) == ["Bought", "Bought"]


def test_the_database_takes_no_other_word_for_it(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    with pytest.raises(Exception, match="buyer_tokens_are_known"):
        shop.behind.write("UPDATE inventory SET buyer_tokens = 'sometimes'")


BEFORE = """
    INSERT INTO inventory (id, item, capacity, max_per_order, hold_seconds, payment_seconds, offer_seconds, created_at,
                           decided_at)
    VALUES ('a', 'A', 2, 10, 600, 900, 300, 1, 1);
    INSERT INTO purchases (id, item_id, item, buyer, quantity, purchased_at) VALUES ('p1', 'a', 'A', 'ada', 2, 2);
    UPDATE inventory SET sold = 2, decided_at = 2
"""


def test_a_shop_of_before_items_could_ask_goes_on_and_its_events_are_read(shop: Shop) -> None:
    with before_buyer_tokens():
        shop.use(lambda store: store.webhooks.add("w", "http://example.org", tuple(EventType), "whsec_c2VjcmV0", 9))
        shop.behind.write(*BEFORE.split(";"))
    ((written,),) = shop.behind.ask("SELECT item FROM outbox WHERE type = 'item.sold_out'")
    assert len(json.loads(written)) == len(Item._fields) - 1
    as_it_was = an_item(capacity=2, sold=2)
    assert shop.item() == as_it_was
    assert sold_out(shop) == [as_it_was]
    assert kinds(shop.transact(change(buyer_tokens=REQUIRED), a_buy())) == ["ItemSaved", "unauthorized"]
    shop.transact(refund("p1"))
    shop.transact(a_buy(quantity=2, buyer="ada")._replace(proven="ada"))
    assert sold_out(shop) == [as_it_was, as_it_was._replace(buyer_tokens=REQUIRED)]


@contextlib.contextmanager
def before_buyer_tokens() -> Iterator[None]:
    """Stores that are opened have the schema of then."""

    def of_then(engine: str) -> list[Migration]:
        return list(itertools.takewhile(lambda step: step.name != "buyer_tokens", migrations(engine)))

    with pytest.MonkeyPatch.context() as patch:
        for module in ("sqlite_file", "postgres_schema"):
            patch.setattr(f"sellout.store.{module}.migrations", of_then)
        yield


def sold_out(shop: Shop) -> list[Any]:
    """The items that were told to be sold out, in the order of the telling."""
    events = shop.use(lambda store: store.webhooks.latest_events(1000))[::-1]
    return [event.subject for event in events if event.type is EventType.ITEM_SOLD_OUT]
