"""A network that loses, tears, delays and refuses: whoever buys through it gets one purchase, and is told of it."""

import asyncio
import time

import pytest

from sellout.client import AsyncClient, Busy, Client, NoAnswer, Retries, Unreadable
from tests.client.conftest import NewItem
from tests.client.drivers import Connect
from tests.client.faulty import Fault, Proxy, busy, dropped, gateway, late, lost, nothing, page, slow, torn
from tests.processes import ORGANISER_KEY

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

QUICK = Retries(tries=6, seconds=60, pause_first=0.01)


@pytest.mark.parametrize(
    "faults",
    [[lost], [dropped], [torn], [gateway], [lost, lost, lost], [dropped, torn, lost, gateway, dropped]],
    ids=lambda faults: " ".join(fault.__name__ for fault in faults),
)
def test_one_purchase_whatever_is_lost(url: str, connect: Connect, new_item: NewItem, faults: list[Fault]) -> None:
    item = new_item(10)
    with Proxy(url, *faults) as proxy, connect(proxy.url, retries=QUICK) as shop:
        bought = shop.buy(item.id, 2, "ada")
        assert len(proxy.seen) == len(faults) + 1
        assert len({key for _, _, key in proxy.seen}) == 1
        assert shop.item(item.id).sold == 2
        assert shop.purchase(bought.purchase_id) == bought


def test_retry_after_is_waited_for(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with Proxy(url, busy, busy) as proxy, connect(proxy.url, retries=QUICK) as shop:
        began = time.monotonic()
        shop.buy(item.id)
        assert time.monotonic() - began >= 2
        assert len(proxy.seen) == 3
        assert shop.item(item.id).sold == 1


def test_who_answers_slowly_is_asked_again(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with Proxy(url, late) as proxy, connect(proxy.url, retries=QUICK, timeout_seconds=1) as shop:
        shop.buy(item.id, buyer="ada")
        assert len(proxy.seen) == 2
        assert shop.item(item.id).sold == 1


def test_who_waits_for_a_connection_of_its_own_client_has_not_lost_an_answer(url: str, new_item: NewItem) -> None:
    item = new_item()

    async def buy_at_once(address: str) -> None:
        async with AsyncClient(address, connections=1, timeout_seconds=2, retries=Retries(tries=1)) as shop:
            await asyncio.gather(*(shop.buy(item.id) for _ in range(5)))

    with Proxy(url, *[slow] * 5) as proxy:
        asyncio.run(buy_at_once(proxy.url))
        assert len(proxy.seen) == 5


def test_the_whole_way_of_a_hold_loses_every_answer(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    faults = [lost, busy, nothing] * 4
    with Proxy(url, *faults) as proxy, connect(proxy.url, organiser_key=ORGANISER_KEY, retries=QUICK) as shop:
        hold = shop.hold(item.id, 3)
        shop.pay(hold.hold_id)
        bought = shop.confirm(hold.hold_id, f"payment of {hold.hold_id}")
        assert shop.refund(bought.purchase_id).state == "refunded"
        assert len(proxy.seen) == 12
        assert (shop.item(item.id).sold, shop.item(item.id).held) == (0, 0)


def test_a_list_loses_answers_and_nobody_sees_it(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item(10)
    with Client(url) as direct:
        bought = [direct.buy(item.id) for _ in range(6)]
    faults = [lost, torn, busy]
    with Proxy(url, *faults) as proxy, connect(proxy.url, organiser_key=ORGANISER_KEY, retries=QUICK) as shop:
        assert list(shop.purchases(item.id, page_size=2)) == bought


def test_after_the_last_try_the_key_finds_what_was_got(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with Proxy(url, dropped, lost) as proxy, connect(proxy.url, retries=Retries(tries=2, pause_first=0.01)) as shop:
        with pytest.raises(NoAnswer) as caught:
            shop.buy(item.id, buyer="ada")
        key = caught.value.key
        assert key is not None
        found = shop.lookup(item.id, key, "ada")
        assert found is not None
        assert shop.buy(item.id, buyer="ada", key=key) == found
        assert shop.item(item.id).sold == 1


def test_busy_to_the_end_is_said_with_the_key(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with Proxy(url, busy, busy) as proxy, connect(proxy.url, retries=Retries(tries=2)) as shop:
        with pytest.raises(Busy) as caught:
            shop.buy(item.id)
        assert (caught.value.retry_after, caught.value.tries) == (1, 2)
        assert shop.buy(item.id, key=caught.value.key).quantity == 1


@pytest.mark.parametrize("fault", [lost, dropped, busy])
def test_what_has_no_key_is_sent_once(url: str, connect: Connect, new_item: NewItem, fault: Fault) -> None:
    item = new_item()
    with Proxy(url, fault) as proxy, connect(proxy.url, organiser_key=ORGANISER_KEY, retries=QUICK) as shop:
        with pytest.raises((NoAnswer, Busy)):
            shop.change_item(item.id, capacity=11)
        assert len(proxy.seen) == 1


def test_an_answer_that_is_not_sellouts_is_not_taken_for_one(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    with Proxy(url, page) as proxy, connect(proxy.url, retries=QUICK) as shop:
        with pytest.raises(Unreadable) as caught:
            shop.buy(item.id)
        assert caught.value.key
        assert shop.item(item.id).sold == 0
