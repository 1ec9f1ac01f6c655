"""All of version 1 against a real server, asked by either client."""

import inspect
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from sellout.client import (
    AllHeld,
    AlreadyConfirmed,
    AlreadyRefunded,
    AsyncClient,
    CapacityBelowCommitted,
    Client,
    Closed,
    HoldExpired,
    HoldReleased,
    InvalidRequest,
    ItemExists,
    KeyReused,
    LimitReached,
    NoAnswer,
    NotEnoughLeft,
    NotOpen,
    Paused,
    PaymentRefInUse,
    Refused,
    Retries,
    SoldOut,
    Unauthorized,
    UnknownEntry,
    UnknownHold,
    UnknownItem,
    UnknownPurchase,
    buying,
    organising,
)
from sellout.client.exchange import Send
from tests.client.conftest import NewItem
from tests.client.drivers import Connect
from tests.processes import wait_until

HOUR = timedelta(hours=1)


def test_the_two_clients_have_the_same_methods() -> None:
    def methods(kind: type[object]) -> dict[str, inspect.Signature]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: inspect.signature(method) for name, method in found if not name.startswith("_")}

    blocking, awaiting = methods(Client), methods(AsyncClient)
    assert blocking.keys() == awaiting.keys()
    assert len(blocking) > 20
    assert {name for name in blocking if blocking[name].parameters != awaiting[name].parameters} == {"ask", "rows"}


def test_methods_tell_how_to_call_them() -> None:
    assert str(inspect.signature(Client.get_hold)).startswith("(self, /, hold_id: str) -> sellout")
    assert list(inspect.signature(Client("http://shop").lookup).parameters) == ["item", "key", "buyer"]
    assert inspect.iscoroutinefunction(AsyncClient.buy)
    assert "0 to a billion" in (Client.add_item.__doc__ or "")


# Buying.


def test_buying_looking_and_looking_up(shop: Client, new_item: NewItem) -> None:
    item = new_item(3)
    bought = shop.buy(item.id, 2, "ada", key="order-1")
    assert (bought.item, bought.quantity, bought.buyer, bought.state) == (item.id, 2, "ada", "sold")
    assert abs(bought.purchased_at - datetime.now(UTC)) < HOUR
    assert shop.purchase(bought.purchase_id) == bought
    assert shop.lookup(item.id, "order-1", "ada") == bought
    assert shop.lookup(item.id, "order-1") is None
    now = shop.item(item.id)
    assert (now.sold, now.held, now.available, now.state) == (2, 0, 1, "on_sale")
    assert now in shop.items()


def test_the_same_key_gets_the_same_purchase_and_nothing_else(shop: Client, new_item: NewItem) -> None:
    item = new_item()
    key = 'a "strange" \\ key'
    bought = shop.buy(item.id, key=key)
    assert shop.buy(item.id, key=key) == bought
    assert shop.lookup(item.id, key) == bought
    with pytest.raises(KeyReused) as caught:
        shop.buy(item.id, 2, key=key)
    assert caught.value.key == key
    assert shop.item(item.id).sold == 1


def test_calls_without_a_key_are_not_the_same_call(shop: Client, new_item: NewItem) -> None:
    item = new_item()
    assert shop.buy(item.id) != shop.buy(item.id)
    assert shop.item(item.id).sold == 2


def test_refusals_say_why(shop: Client, new_item: NewItem) -> None:
    item = new_item(2, limit_per_buyer=1, max_per_order=9)
    shop.buy(item.id, buyer="ada")
    with pytest.raises(LimitReached):
        shop.buy(item.id, buyer="ada")
    with pytest.raises(InvalidRequest) as invalid:
        shop.buy(item.id)
    assert invalid.value.errors[0].field == "buyer"
    shop.change_item(item.id, limit_per_buyer=None)
    with pytest.raises(NotEnoughLeft) as few:
        shop.buy(item.id, 2)
    assert few.value.available == 1
    shop.buy(item.id)
    with pytest.raises(SoldOut) as gone:
        shop.buy(item.id)
    assert gone.value.request_id


def test_the_window_of_a_sale(shop: Client, new_item: NewItem) -> None:
    opens_at = datetime.now(UTC).replace(microsecond=0) + HOUR
    item = new_item(opens_at=opens_at)
    with pytest.raises(NotOpen) as early:
        shop.buy(item.id)
    assert early.value.opens_at == opens_at == item.opens_at
    assert shop.change_item(item.id, opens_at=None, paused=True).opens_at is None
    with pytest.raises(Paused):
        shop.buy(item.id)
    shop.change_item(item.id, paused=False, closes_at=datetime.now(UTC) - HOUR)
    with pytest.raises(Closed):
        shop.hold(item.id)


def test_a_ticket(shop: Client) -> None:
    ticket = shop.buy_ticket(2, "ada", key=f"ticket of {type(shop)}")
    assert (ticket.item, ticket.quantity) == ("Item A", 2)
    assert shop.buy_ticket(2, "ada", key=f"ticket of {type(shop)}") == ticket


def test_what_there_is_not(shop: Client) -> None:
    with pytest.raises(UnknownItem):
        shop.item("nothing")
    with pytest.raises(UnknownItem):
        shop.buy("ä ? # b")
    with pytest.raises(UnknownPurchase):
        shop.purchase("nothing")
    with pytest.raises(UnknownHold):
        shop.get_hold("nothing")
    with pytest.raises(UnknownEntry):
        shop.entry("nothing")
    with pytest.raises(UnknownItem):
        list(shop.purchases("nothing"))


# Holding.


def test_hold_pay_confirm(shop: Client, new_item: NewItem) -> None:
    item = new_item(3, hold_seconds=100, payment_seconds=1000)
    hold = shop.hold(item.id, 2, "ada")
    assert (hold.state, hold.quantity, hold.buyer, hold.purchase_id) == ("held", 2, "ada", None)
    paying = shop.pay(hold.hold_id)
    assert paying.state == "paying"
    assert paying.expires_at > hold.expires_at
    bought = shop.confirm(hold.hold_id, f"payment of {hold.hold_id}", key="c")
    assert (bought.hold_id, bought.payment_ref) == (hold.hold_id, f"payment of {hold.hold_id}")
    assert shop.confirm(hold.hold_id, f"payment of {hold.hold_id}", key="c") == bought
    assert shop.get_hold(hold.hold_id).purchase_id == bought.purchase_id
    for again in (shop.pay, shop.confirm, shop.release):
        with pytest.raises(AlreadyConfirmed):
            again(hold.hold_id)
    other = shop.hold(item.id)
    with pytest.raises(PaymentRefInUse):
        shop.confirm(other.hold_id, f"payment of {hold.hold_id}")


def test_release(shop: Client, new_item: NewItem) -> None:
    item = new_item(1)
    hold = shop.hold(item.id)
    shop.release(hold.hold_id)
    shop.release(hold.hold_id)
    assert shop.get_hold(hold.hold_id).state == "released"
    with pytest.raises(HoldReleased):
        shop.pay(hold.hold_id)
    assert shop.item(item.id).available == 1


def test_a_late_payment_is_due_back_and_listed(shop: Client, new_item: NewItem) -> None:
    item = new_item(1, hold_seconds=1)
    refs = list[str]()
    for _ in range(3):
        shop.change_item(item.id, capacity=shop.item(item.id).sold + 1)
        hold = shop.hold(item.id, wait_seconds=30)
        wait_until(lambda hold=hold: shop.get_hold(hold.hold_id).state == "expired")
        shop.buy(item.id)
        refs.append(f"late {hold.hold_id}")
        with pytest.raises(HoldExpired) as late:
            shop.confirm(hold.hold_id, refs[-1])
        assert late.value.refund_due
        assert late.value.hold_expires_at == hold.expires_at
        with pytest.raises(HoldExpired) as late:
            shop.pay(hold.hold_id)
        assert not late.value.refund_due
    listed = list(shop.late_payments(item.id, page_size=2))
    assert [payment.payment_ref for payment in listed] == sorted(refs)


def test_who_waits_while_all_are_held_gets_what_comes_back(shop: Client, new_item: NewItem) -> None:
    item = new_item(1, hold_seconds=2)
    hold = shop.hold(item.id)
    with pytest.raises(AllHeld) as caught:
        shop.buy(item.id)
    assert 1 <= caught.value.retry_after <= 2
    bought = shop.buy(item.id, wait_seconds=60)
    assert bought.purchased_at >= hold.expires_at


# The waiting list and baskets.


def test_waiting_for_units(shop: Client, new_item: NewItem) -> None:
    item = new_item(1)
    bought = shop.buy(item.id)
    entry = shop.join(item.id, "bob", contact="bob@example.com", key="j")
    assert shop.join(item.id, "bob", contact="bob@example.com", key="j") == entry
    assert (entry.state, entry.position, entry.hold) == ("waiting", 1, None)
    other = shop.join(item.id, "cyd")
    assert shop.entry(other.entry_id).position == 2
    shop.leave(other.entry_id)
    assert shop.entry(other.entry_id).state == "left"
    shop.refund(bought.purchase_id)
    offered = shop.entry(entry.entry_id)
    assert offered.state == "offered"
    assert offered.hold is not None
    assert shop.confirm(offered.hold.hold_id).buyer == "bob"
    with pytest.raises(AlreadyConfirmed):
        shop.leave(entry.entry_id)


def test_baskets_are_all_or_none(shop: Client, new_item: NewItem) -> None:
    one, two = new_item(5).id, new_item(1).id
    held = shop.hold_basket({one: 2, two: 1}, "ada", key=f"h {one}")
    assert [(hold.item, hold.quantity) for hold in held.holds] == [(one, 2), (two, 1)]
    assert shop.hold_basket({one: 2, two: 1}, "ada", key=f"h {one}") == held
    with pytest.raises(AllHeld) as caught:
        shop.buy_basket({one: 1, two: 1})
    assert caught.value.errors[0].field == "lines.1"
    assert shop.item(one).sold == 0
    for hold in held.holds:
        shop.release(hold.hold_id)
    bought = shop.buy_basket({one: 1, two: 1}, "ada", key=f"b {one}")
    assert [purchase.item for purchase in bought.purchases] == [one, two]
    assert shop.buy_basket({one: 1, two: 1}, "ada", key=f"b {one}") == bought


# Organising.


def test_putting_on_sale_and_changing(shop: Client) -> None:
    name = f"Front Row of {type(shop).__name__}"
    opens_at = datetime(2027, 1, 31, 20, tzinfo=UTC)
    item = shop.add_item(name, 5, opens_at=opens_at, limit_per_buyer=4, hold_seconds=60, paused=True)
    assert item.id == name.lower().replace(" ", "-")
    assert (item.capacity, item.opens_at, item.limit_per_buyer, item.hold_seconds) == (5, opens_at, 4, 60)
    assert item.paused
    with pytest.raises(ItemExists):
        shop.add_item(name, 5)
    changed = shop.change_item(item.id, name="Stalls", capacity=7, limit_per_buyer=None, opens_at=None, paused=False)
    assert (changed.name, changed.capacity, changed.limit_per_buyer, changed.paused) == ("Stalls", 7, None, False)
    assert changed.hold_seconds == 60
    shop.buy(item.id, 3)
    with pytest.raises(CapacityBelowCommitted) as low:
        shop.change_item(item.id, capacity=1)
    assert low.value.available == 4


@pytest.mark.parametrize("call", ["add_item", "change_item"])
def test_a_time_without_a_zone_is_refused_before_it_is_sent(shop: Client, call: str) -> None:
    arguments = ("Name", 1) if call == "add_item" else ("item-a",)
    with pytest.raises(ValueError, match="has no time zone"):
        getattr(shop, call)(*arguments, opens_at=datetime(2027, 1, 31))  # noqa: DTZ001 - that is the point


def test_purchases_come_page_by_page_and_whole(shop: Client, new_item: NewItem) -> None:
    item = new_item(10)
    bought = [shop.buy(item.id, key=f"k-{number}") for number in range(7)]
    for page_size in (1, 3, 7, 8, None):
        assert list(shop.purchases(item.id, page_size=page_size)) == bought
    assert list(shop.purchases(new_item().id)) == []


def test_refund_and_audit(shop: Client, new_item: NewItem) -> None:
    item = new_item(2)
    bought = shop.buy(item.id)
    refunded = shop.refund(bought.purchase_id, key="r")
    assert refunded.state == "refunded"
    assert shop.refund(bought.purchase_id, key="r") == refunded
    with pytest.raises(AlreadyRefunded):
        shop.refund(bought.purchase_id)
    audit = shop.audit(item.id)
    assert audit.consistent
    assert (audit.capacity, audit.sold, audit.held, audit.available) == (2, 0, 0, 2)
    assert audit.movements is not None
    assert audit.movements["refund"].sold == -1


def test_the_organisers_calls_need_the_key(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with connect(url) as buyer, connect(url, organiser_key="a wrong key, long enough") as wrong:
        for shop in (buyer, wrong):
            with pytest.raises(Unauthorized):
                shop.add_item("Name", 1)
            with pytest.raises(Unauthorized):
                list(shop.purchases(item.id))
        assert wrong.buy(item.id).quantity == 1


# The client itself.


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_the_organisers_calls_carry_the_key_and_only_others_the_token(kind: type[Client] | type[AsyncClient]) -> None:
    client = kind("http://shop", organiser_key="secret", buyer_token="of ada")
    for call, carried in ((buying.buy("item-a"), "Bearer of ada"), (organising.refund("p"), "Bearer secret")):
        first = next(client.begin(call))
        assert isinstance(first, Send)
        assert first.headers.get("Authorization") == carried


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ftp://shop", "http://", "http://shop?a=b", "http://shop#a"])
def test_an_address_that_is_none_is_refused(connect: Connect, address: str) -> None:
    with pytest.raises(ValueError, match="must be like"):
        connect(address).close()


def test_a_timeout_that_is_none_is_refused(connect: Connect) -> None:
    with pytest.raises(ValueError, match="timeout_seconds"):
        connect("http://shop", timeout_seconds=0).close()


def test_an_address_may_have_a_path_and_a_slash(url: str, connect: Connect) -> None:
    with connect(f"{url}/") as shop, connect(f"{url}/nowhere") as lost:
        assert shop.items()
        with pytest.raises(Refused) as caught:
            lost.items()
    assert caught.value.code == "not_found"


def test_nobody_listens(connect: Connect) -> None:
    began = time.monotonic()
    retries = Retries(tries=3, pause_first=0.01)
    with connect("http://127.0.0.1:9", retries=retries) as shop, pytest.raises(NoAnswer) as caught:
        shop.buy("item-a")
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)
    assert (caught.value.tries, caught.value.status) == (3, 0)
    assert caught.value.key
    assert time.monotonic() - began < 30


def test_a_call_can_be_made_from_its_value(shop: Client) -> None:
    assert shop.ask(buying.item("item-a")).name == "Item A"
