"""The outbox has an event for each thing that was committed, in order, and none for what was not; on every engine."""

import asyncio
import time
from typing import Any

import pytest

from sellout.domain import AddItem, BuyBasket, Command, Hold, Purchase, Refund, Settle
from sellout.domain.events import Event, EventType, Offer, event_no_of
from sellout.store.clock import Clock
from sellout.store.port import Store
from sellout.store.webhooks import Told
from tests.shelves import kinds
from tests.store.shop import Shop
from tests.words import a_basket_to_buy, a_buy, a_hold, a_join, after, an_item, change, confirm, leave, offer_of, refund

SECRET = "whsec_c2VjcmV0"
ALL = tuple(EventType)
HOLDER = "this test"


def add(shop: Shop, *types: EventType, endpoint_id: str = "w") -> None:
    """Somebody wants to be told."""
    wanted = types or ALL
    assert shop.use(lambda store: store.webhooks.add(endpoint_id, "http://example.org", wanted, SECRET, 9))


def events(shop: Shop) -> list[Event]:
    """All events, in their order."""
    return shop.use(lambda store: store.webhooks.latest_events(1000))[::-1]


def told(shop: Shop, item_id: str = "a") -> list[tuple[str, str]]:
    """The events of an item: their types, and the ids of what they are about."""
    return [(event.type, id_of(event)) for event in events(shop) if event.item_id == item_id]


def id_of(event: Event) -> str:
    subject: Any = event.subject
    return str(subject.entry.id if isinstance(subject, Offer) else subject.id)


def test_a_purchase_and_its_refund_are_told_with_their_instants(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    add(shop)
    buy = a_buy(quantity=2, buyer="ada", key="k")
    shop.transact(buy)
    shop.now = after(shop.now, 5)
    shop.transact(refund(buy))
    assert told(shop) == [("purchase.created", buy.purchase_id), ("purchase.refunded", buy.purchase_id)]
    first, second = events(shop)
    assert (first.occurred_at, second.occurred_at) == (after(shop.now, -5), shop.now)
    assert isinstance(first.subject, Purchase)
    assert (first.subject.quantity, first.subject.buyer) == (2, "ada")
    assert first.id != second.id
    assert event_no_of(first.id) == first.no
    assert shop.use(lambda store: store.webhooks.event(first.no)) == first


def test_nothing_is_written_while_nobody_wants_it(shop: Shop) -> None:
    shop.transact(AddItem(an_item()), a_buy())
    assert events(shop) == []
    add(shop, EventType.PURCHASE_REFUNDED)
    buy = a_buy()
    shop.transact(buy)
    assert events(shop) == []
    shop.transact(refund(buy))
    assert told(shop) == [("purchase.refunded", buy.purchase_id)]
    assert shop.use(lambda store: store.webhooks.disable("w", "by hand"))
    other = a_buy()
    shop.transact(other, refund(other))
    assert len(events(shop)) == 1
    assert shop.use(lambda store: store.webhooks.enable("w"))
    shop.transact(other := a_buy(), refund(other))
    assert len(events(shop)) == 2
    add(shop, endpoint_id="disabled")
    assert shop.use(lambda store: store.webhooks.disable("disabled", "by hand"))
    shop.transact(a_buy())
    assert len(events(shop)) == 2


def test_refusals_and_replays_are_not_told(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=3)))
    add(shop)
    buy = a_buy(buyer="ada", key="k")
    assert kinds(shop.transact(buy, a_buy(quantity=4), Refund("unknown"))) == [
        "Bought", "not_enough_left", "unknown_purchase",
    ]  # fmt: skip
    assert kinds(shop.transact(a_buy(buyer="ada", key="k"))) == ["Bought"]
    assert told(shop) == [("purchase.created", buy.purchase_id)]


def test_a_transaction_that_is_rolled_back_leaves_no_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.transact(AddItem(an_item()))
    add(shop)

    class Dies(Exception):
        """The batch fails when all has been written."""

    def breaking(module: str) -> None:
        import importlib

        found = importlib.import_module(module)
        right = found.write

        def wrong(writes: Any, now: int) -> Any:
            yield from right(writes, now)
            raise Dies

        monkeypatch.setattr(found, "write", wrong)

    breaking("sellout.store.sqlite")
    breaking("sellout.store.postgres")
    with pytest.raises(Dies):
        shop.transact(a_buy())
    monkeypatch.undo()
    assert events(shop) == []
    assert shop.item().sold == 0


def test_the_last_unit_is_told_before_that_all_are_sold_and_again_after_a_refund(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=2)))
    add(shop)
    first, second, third = a_buy(), a_buy(), a_buy()
    shop.transact(first, second)
    assert told(shop)[2:] == [("item.sold_out", "a")]
    shop.transact(refund(first))
    shop.transact(third)
    assert [kind for kind, _ in told(shop)] == [
        "purchase.created", "purchase.created", "item.sold_out",
        "purchase.refunded", "purchase.created", "item.sold_out",
    ]  # fmt: skip
    assert events(shop)[2].subject == an_item(capacity=2, sold=2)


def test_an_item_that_is_all_held_is_not_sold_out(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=2)))
    add(shop, EventType.ITEM_SOLD_OUT)
    hold = a_hold(quantity=2)
    shop.transact(hold)
    assert events(shop) == []
    shop.transact(confirm(hold))
    assert told(shop) == [("item.sold_out", "a")]
    shop.transact(change(capacity=5, name="Later"))
    shop.transact(change(capacity=2))
    assert len(told(shop)) == 2
    assert events(shop)[0].subject == an_item(capacity=2, sold=2), "as it was then"


def test_an_expired_hold_is_told_once_and_its_late_confirmation_is_a_purchase(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=2)))
    add(shop)
    hold = a_hold(quantity=1, buyer="ada")
    shop.transact(hold)
    shop.now = after(shop.now, 601)
    late = confirm(hold, "payment")
    shop.transact(Settle("a"))
    shop.transact(Settle("a"), late)
    assert told(shop) == [("hold.expired", hold.hold_id), ("purchase.created", late.purchase_id)]
    expired = events(shop)[0]
    assert isinstance(expired.subject, Hold)
    assert expired.occurred_at == shop.now


def test_a_hold_that_is_confirmed_late_in_the_same_batch_expires_first(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1)))
    add(shop)
    hold = a_hold()
    shop.transact(hold)
    shop.now = after(shop.now, 601)
    late = confirm(hold)
    shop.transact(late)
    assert told(shop) == [
        ("hold.expired", hold.hold_id), ("purchase.created", late.purchase_id), ("item.sold_out", "a"),
    ]  # fmt: skip


def test_each_line_of_a_basket_is_told_of_its_item(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b", capacity=1)))
    add(shop)
    basket = a_basket_to_buy({"a": 2, "b": 1})
    refused = BuyBasket("none", "bob", tuple(line._replace(id=f"not-{line.id}") for line in basket.lines), None)
    shop.transact(basket, refused)
    lines = {line.item_id: line.id for line in basket.lines}
    assert told(shop, "a") == [("purchase.created", lines["a"])]
    assert told(shop, "b") == [("purchase.created", lines["b"]), ("item.sold_out", "b")]


def test_offers_are_told_when_units_come_back_and_when_somebody_joins_while_some_are_free(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1)), buy := a_buy())
    add(shop, EventType.WAITLIST_OFFERED)
    first, second = a_join("ada"), a_join("bob", contact="bob@example.org")
    shop.transact(first, second)
    assert events(shop) == []
    shop.now = after(shop.now, 1)
    shop.transact(refund(buy))
    assert told(shop) == [("waitlist.offered", first.entry_id)]
    (event,) = events(shop)
    assert isinstance(event.subject, Offer)
    assert event.subject.hold.id == offer_of(first)
    assert event.occurred_at == shop.now
    shop.transact(leave(first))
    assert told(shop)[1:] == [("waitlist.offered", second.entry_id)]
    shop.transact(change(capacity=5))
    third = a_join("cyd")
    shop.transact(third)
    assert told(shop)[2:] == [("waitlist.offered", third.entry_id)]


# How far endpoints have been told.


def waiting(shop: Shop, endpoint_id: str = "w", holder: str = HOLDER) -> list[str]:
    """The items of which the endpoint has not been told all."""
    look = shop.use(lambda store: store.webhooks.look(holder, 100))
    return [found.item_id for found in look.undelivered.get(endpoint_id, ())]


def rounds(shop: Shop, item_id: str = "a", endpoint_id: str = "w", limit: int = 100) -> list[Event]:
    """What the endpoint is to be told next."""
    found = shop.use(lambda store: store.webhooks.next_round(endpoint_id, item_id, limit))
    return [] if found is None else found.events


def record(shop: Shop, no: int, tries: int = 0, item_id: str = "a", holder: str = HOLDER, wait: int = 0) -> int | None:
    return shop.use(lambda store: store.webhooks.record("w", item_id, holder, Told(no, tries, wait, "200")))


def claim(shop: Shop, holder: str = HOLDER, seconds: float = 30) -> bool:
    return shop.use(lambda store: store.webhooks.claim("w", holder, round(seconds * 1_000_000)))


def test_an_endpoint_is_told_of_what_comes_after_it_and_in_the_order_of_each_item(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    add(shop, endpoint_id="earlier")
    shop.transact(a_buy("a"))
    add(shop)
    assert (waiting(shop), waiting(shop, "earlier")) == ([], ["a"])
    buys = [a_buy("a"), a_buy("b"), a_buy("a"), a_buy("b"), a_buy("a")]
    shop.transact(*buys)
    assert waiting(shop) == ["a", "b"]
    assert [id_of(event) for event in rounds(shop, limit=2)] == [buys[0].purchase_id, buys[2].purchase_id]
    assert claim(shop)
    second = rounds(shop)[1]
    assert record(shop, second.no) == 0
    assert [id_of(event) for event in rounds(shop)] == [buys[4].purchase_id]
    assert record(shop, rounds(shop)[0].no) == 0
    assert (waiting(shop), rounds(shop)) == (["b"], [])


def test_an_endpoint_gets_only_the_types_that_it_wants_in_the_order_of_all(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=4)))
    add(shop, endpoint_id="all")
    add(shop, EventType.PURCHASE_REFUNDED, EventType.ITEM_SOLD_OUT)
    one, two = a_buy(quantity=2), a_buy(quantity=2)
    for command in (one, refund(one), two, a_buy(quantity=2), refund(two)):
        shop.transact(command)
    assert [event.type for event in rounds(shop)] == ["purchase.refunded", "item.sold_out", "purchase.refunded"]
    assert len(rounds(shop, endpoint_id="all")) == 6


def test_only_who_has_the_lease_keeps_how_far_it_went_and_never_back(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    add(shop)
    shop.transact(a_buy(), a_buy(), a_buy())
    first, second, third = rounds(shop)
    assert record(shop, third.no) is None, "without a lease"
    assert claim(shop)
    assert not claim(shop, "another")
    assert waiting(shop, holder="another") == [], "somebody else has it"
    assert record(shop, second.no) == 0
    assert record(shop, third.no, holder="another") is None
    assert record(shop, first.no) == 0
    assert [event.no for event in rounds(shop)] == [third.no]
    shop.now = after(shop.now, 31)
    assert waiting(shop, holder="another") == ["a"], "a lease ends by itself"
    assert claim(shop, "another")
    assert record(shop, third.no) is None
    shop.use(lambda store: store.webhooks.release("another"))
    assert claim(shop)


def test_failures_wait_and_how_long_they_last_is_known(shop: Shop) -> None:
    shop.transact(AddItem(an_item()), AddItem(an_item("b")))
    add(shop)
    shop.transact(a_buy(), a_buy("b"))
    assert claim(shop, seconds=10_000)
    assert record(shop, 0, tries=1, wait=5_000_000) == 0
    shop.now = after(shop.now, 100)
    assert record(shop, 0, tries=2, wait=5_000_000) == 100 * 1_000_000
    (endpoint,) = shop.use(lambda store: store.webhooks.endpoints())
    assert endpoint.failing_since == after(shop.now, -100)
    found = shop.use(lambda store: store.webhooks.look(HOLDER, 10)).undelivered["w"]
    assert [(each.item_id, each.tries) for each in found] == [("b", 0), ("a", 2)]
    assert found[1].next_try_at == after(shop.now, 5)
    assert record(shop, rounds(shop)[0].no) == 0
    (endpoint,) = shop.use(lambda store: store.webhooks.endpoints())
    assert endpoint.failing_since is None
    assert record(shop, 0, tries=1) == 0, "it begins anew"


def test_an_endpoint_that_is_enabled_again_goes_on_where_it_was(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    add(shop)
    add(shop, endpoint_id="other")
    shop.transact(a_buy())
    assert claim(shop)
    assert record(shop, 0, tries=3, wait=10**12) == 0
    assert shop.use(lambda store: store.webhooks.disable("w", "gone"))
    assert not shop.use(lambda store: store.webhooks.disable("w", "again"))
    shop.transact(a_buy())
    assert (waiting(shop), rounds(shop), claim(shop)) == ([], [], False)
    assert shop.use(lambda store: store.webhooks.enable("w"))
    (found,) = shop.use(lambda store: store.webhooks.look(HOLDER, 10)).undelivered["w"]
    assert (found.tries, found.next_try_at, len(rounds(shop))) == (0, 0, 2)


def test_a_rotated_secret_signs_beside_the_new_one_for_a_while(shop: Shop) -> None:
    add(shop)
    assert shop.use(lambda store: store.webhooks.rotate("w", "whsec_bmV3", 60 * 1_000_000))
    assert not shop.use(lambda store: store.webhooks.rotate("unknown", "whsec_bmV3", 60))
    (endpoint,) = shop.use(lambda store: store.webhooks.endpoints())
    assert endpoint.secrets_at(after(shop.now, 59)) == ("whsec_bmV3", SECRET)
    assert endpoint.secrets_at(after(shop.now, 60)) == ("whsec_bmV3",)


def test_there_is_a_limit_to_endpoints_and_a_removed_one_makes_room(shop: Shop) -> None:
    async def try_to_add(store: Store) -> bool:
        return await store.webhooks.add("another", "http://example.org", ALL, SECRET, 1)

    add(shop)
    assert not shop.use(try_to_add)
    assert shop.use(lambda store: store.webhooks.remove("w"))
    assert not shop.use(lambda store: store.webhooks.remove("w"))
    assert shop.use(try_to_add)


def test_old_events_are_removed_but_for_those_that_somebody_waits_for_and_numbers_go_on(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    add(shop)
    shop.transact(a_buy("a"), a_buy("a"), a_buy("b"), a_buy("a"))
    assert claim(shop)
    last = rounds(shop)[-1]
    assert record(shop, last.no) == 0
    forget: Any = lambda before, limit: shop.use(lambda store: store.webhooks.forget(before, limit))  # noqa: E731
    assert shop.use(lambda store: store.webhooks.oldest_event_at()) == shop.now
    assert forget(shop.now, 10) == 0, "not old"
    shop.now = after(shop.now, 10)
    assert (forget(shop.now, 1), forget(shop.now, 10)) == (1, 1)
    assert [event.item_id for event in events(shop)] == ["b", "a"], "nobody has been told of the first"
    assert record(shop, rounds(shop, "b")[0].no, item_id="b") == 0
    assert (forget(shop.now, 10), forget(shop.now, 10)) == (1, 0), "the last one keeps the number"
    before = events(shop)[0].no
    shop.transact(a_buy("a"))
    assert events(shop)[-1].no > before
    assert waiting(shop) == ["a"]


def test_items_whose_holds_are_due_are_found(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b", hold_seconds=9000)), AddItem(an_item("c")))
    shop.transact(a_hold("a"), a_hold("b"), a_hold("c"), a_hold("c"))
    due: Any = lambda limit: shop.use(lambda store: store.webhooks.items_with_due_holds(limit))  # noqa: E731
    assert due(10) == []
    shop.now = after(shop.now, 700)
    assert (due(10), due(1)) == (["a", "c"], ["a"])
    shop.transact(Settle("a"))
    assert due(10) == ["c"]


def test_a_fresh_start_forgets_events_and_keeps_endpoints(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    add(shop)
    shop.transact(a_buy(), a_buy())
    assert claim(shop)
    assert record(shop, rounds(shop)[-1].no) == 0
    shop.use(lambda store: store.reset())
    shop.transact(AddItem(an_item()), a_buy())
    assert waiting(shop) == ["a"]
    assert len(rounds(shop)) == 1


def test_a_sale_that_is_committed_after_an_endpoint_was_added_is_told_however_they_meet(shop: Shop) -> None:
    """Sales go on while an endpoint is added: from the first that began after `add` had returned, all are told."""
    clock: Clock = lambda: shop.now  # noqa: E731

    async def meet() -> None:
        seller, keeper = await shop.open(clock), await shop.open(clock)
        try:
            await seller.transact([AddItem(an_item(capacity=10_000))], time.monotonic() + 30)
            added, sold_after = asyncio.Event(), []

            async def sell() -> None:
                left = 40
                while left:
                    command: Command = a_buy()
                    if added.is_set():
                        left -= 1
                        sold_after.append(command)
                    await seller.transact([command], time.monotonic() + 30)

            async def add_one() -> None:
                await asyncio.sleep(0.05)
                assert await keeper.webhooks.add("w", "http://example.org", ALL, SECRET, 9)
                added.set()

            await asyncio.gather(sell(), add_one())
            found = await keeper.webhooks.next_round("w", "a", 10_000)
            assert found is not None
            ids = [id_of(event) for event in found.events]
            wanted = [command.purchase_id for command in sold_after]  # type: ignore[union-attr]
            assert ids[-len(wanted) :] == wanted
            assert len(ids) <= len(wanted) + 1
        finally:
            await seller.close()
            await keeper.close()

    asyncio.run(meet())
