"""Buying with a token of the shop's login, by either client."""

from collections.abc import Iterator

import pytest

from sellout.client import Client, Forbidden, Unauthorized, UnknownHold, UnknownPurchase
from tests.client.conftest import NewItem
from tests.client.drivers import Connect
from tests.logins import SECRET, token
from tests.processes import ORGANISER_KEY, running


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("shop") / "shop.db", SELLOUT_BUYER_TOKEN_KEY=SECRET) as server:
        yield server.url


@pytest.fixture
def ada(url: str, connect: Connect) -> Iterator[Client]:
    with connect(url, buyer_token=token("ada", "HS256")) as client:
        yield client


@pytest.fixture
def bob(url: str, connect: Connect) -> Iterator[Client]:
    with connect(url, buyer_token=token("bob", "HS256")) as client:
        yield client


def test_a_token_is_all_that_names_the_buyer(ada: Client, bob: Client, new_item: NewItem) -> None:
    item = new_item(2, buyer_tokens="required")
    assert item.buyer_tokens == "required"
    bought = ada.buy(item.id, key="k")
    assert bought.buyer == "ada"
    assert ada.buy(item.id, buyer="ada", key="k") == bought
    assert ada.lookup(item.id, "k") == ada.purchase(bought.purchase_id) == bought
    hold = bob.hold(item.id, key="k")
    assert hold.buyer == "bob"
    entry = ada.join(item.id)
    assert (entry.buyer, entry.position) == ("ada", 1)
    assert bob.confirm(hold.hold_id).buyer == "bob"
    ada.leave(entry.entry_id)


def test_another_s_token_gets_nothing(ada: Client, bob: Client, new_item: NewItem) -> None:
    item = new_item(buyer_tokens="required")
    bought, hold = ada.buy(item.id, key="k"), ada.hold(item.id)
    with pytest.raises(Forbidden):
        bob.buy(item.id, buyer="ada", key="k")
    with pytest.raises(UnknownPurchase):
        bob.purchase(bought.purchase_id)
    assert bob.lookup(item.id, "k") is None
    for act in (bob.get_hold, bob.pay, bob.confirm, bob.release):
        with pytest.raises(UnknownHold):
            act(hold.hold_id)
    assert ada.get_hold(hold.hold_id) == hold


def test_without_a_token_or_with_a_bad_one_it_is_refused(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item(buyer_tokens="required")
    with connect(url) as nobody, connect(url, buyer_token="a.b.c") as bad:
        for shop in (nobody, bad):
            with pytest.raises(Unauthorized):
                shop.buy(item.id, buyer="ada")


def test_each_call_takes_the_token_that_is_good_then(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item(buyer_tokens="required")
    tokens = (token(buyer, "HS256") for buyer in ("ada", "bob"))
    with connect(url, buyer_token=lambda: next(tokens)) as shop:
        assert [shop.buy(item.id).buyer for _ in range(2)] == ["ada", "bob"]


def test_an_organiser_changes_whether_an_item_asks(url: str, connect: Connect, new_item: NewItem) -> None:
    item = new_item()
    assert item.buyer_tokens == "optional"
    with connect(url, organiser_key=ORGANISER_KEY) as shop:
        assert shop.change_item(item.id, buyer_tokens="required").buyer_tokens == "required"
        assert shop.change_item(item.id, capacity=7).buyer_tokens == "required"
        assert shop.change_item(item.id, buyer_tokens="optional").buyer_tokens == "optional"
        assert shop.buy(item.id).buyer is None
