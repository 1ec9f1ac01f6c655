"""`sellout webhooks`: endpoints and events by the command line, on the database itself."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sellout.domain import AddItem, Command
from sellout.store.sqlite import SQLiteStore
from tests.cli.terminal import Done, sellout
from tests.webhooks.receiver import Receiver, receiving
from tests.words import a_buy, an_item

PRIVATE = {"SELLOUT_WEBHOOK_PRIVATE_ADDRESSES": "true"}
URL = "https://example.org/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def webhooks(*words: str, folder: Path, code: int = 0, private: bool = False) -> Any:
    """The JSON of a command."""
    done = sellout("webhooks", *words, "--json", folder=folder, **(PRIVATE if private else {}))
    assert (done.code, done.err) == (code, ""), done
    return json.loads(done.out)


def transact(folder: Path, *commands: Command) -> None:
    async def run() -> None:
        store = SQLiteStore(folder / "inventory.db")
        await store.transact(commands, time.monotonic() + 30)
        await store.close()

    asyncio.run(run())


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    transact(tmp_path, AddItem(an_item(capacity=100)))
    return tmp_path


def refused(*words: str, folder: Path, **variables: str) -> Done:
    return sellout("webhooks", *words, folder=folder, **variables)


def test_an_endpoint_is_added_listed_disabled_enabled_and_removed(shop: Path) -> None:
    added = webhooks("add", URL, "--event", "purchase.created", "--event", "item.sold_out", folder=shop)
    assert added["secret"].startswith("whsec_")
    assert added["events"] == ["item.sold_out", "purchase.created"]
    (listed,) = webhooks("list", folder=shop)["endpoints"]
    assert (listed["id"], listed["url"], listed["state"]) == (added["id"], URL, "enabled")
    assert added["secret"] not in json.dumps(listed), "the secret is shown once"
    assert webhooks("disable", added["id"], folder=shop)["state"] == "disabled: by hand"
    assert webhooks("enable", added["id"], folder=shop)["state"] == "enabled"
    assert webhooks("remove", added["id"], folder=shop)["state"] == "removed"
    assert webhooks("list", folder=shop) == {"endpoints": []}


def test_a_rotation_shows_the_new_secret_once(shop: Path) -> None:
    added = webhooks("add", URL, folder=shop)
    rotated = webhooks("rotate", added["id"], "--old-for-hours", "2", folder=shop)
    assert rotated["secret"] not in ("", added["secret"])
    (listed,) = webhooks("list", folder=shop)["endpoints"]
    assert listed["old_secret_until"] is not None


def test_people_are_told_the_secret_and_that_it_is_kept(shop: Path) -> None:
    done = sellout("webhooks", "add", URL, folder=shop)
    assert "whsec_" in done.out
    assert "kept in the database" in done.out
    assert "whsec_" not in sellout("webhooks", "list", folder=shop).out


def test_an_event_is_sent_again_by_hand(shop: Path, receiver: Receiver) -> None:
    added = webhooks("add", receiver.url, folder=shop, private=True)
    receiver.secret = added["secret"]
    buy = a_buy(quantity=2, buyer="ada")
    transact(shop, buy)
    (event,) = webhooks("events", "--endpoint", added["id"], folder=shop)["events"]
    assert (event["type"], event["data"]["purchase_id"], event["delivery"]) == (
        "purchase.created", buy.purchase_id, "waits",
    )  # fmt: skip
    told = webhooks("redeliver", event["id"], folder=shop, private=True)
    assert told == {added["id"]: {"outcome": "delivered", "answer": "200"}}
    (message,) = receiver.accepted
    assert (message.id, message.data) == (event["id"], event["data"])
    receiver.react = lambda _: 500
    told = webhooks("redeliver", event["id"], "--endpoint", added["id"], folder=shop, code=1, private=True)
    assert told[added["id"]]["outcome"] == "refused"
    assert webhooks("redeliver", event["id"], folder=shop, code=1)[added["id"]]["outcome"] == "forbidden_address"
    (event,) = webhooks("events", "--endpoint", added["id"], folder=shop)["events"]
    assert event["delivery"] == "waits", "it still has its turn"


def test_what_cannot_be_done_is_one_line(shop: Path) -> None:
    for words, code, says in [
        (("add", "ftp://example.org"), 2, "must begin with"),
        (("add", "http://127.0.0.1/"), 2, "not public"),
        (("add", URL, "--event", "unheard.of"), 2, "unheard.of"),
        (("rotate", "whe_unknown"), 1, "no endpoint whe_unknown"),
        (("disable", "whe_unknown"), 1, "no endpoint whe_unknown"),
        (("enable", "whe_unknown"), 1, "no endpoint whe_unknown"),
        (("remove", "whe_unknown"), 1, "no endpoint whe_unknown"),
        (("events", "--endpoint", "whe_unknown"), 1, "no endpoint whe_unknown"),
        (("redeliver", "evt_1_unknown"), 1, "no event evt_1_unknown"),
        (("redeliver", "nonsense"), 1, "no event nonsense"),
    ]:
        done = refused(*words, folder=shop)
        assert done.code == code, done
        assert says in done.error


def test_an_event_that_nobody_wants_needs_an_endpoint_by_name(shop: Path) -> None:
    added = webhooks("add", URL, folder=shop)
    transact(shop, a_buy())
    (event,) = webhooks("events", folder=shop)["events"]
    webhooks("disable", added["id"], folder=shop)
    done = refused("redeliver", event["id"], folder=shop)
    assert (done.code, "no enabled endpoint wants purchase.created" in done.error) == (1, True)


def test_there_is_a_limit_to_endpoints(shop: Path) -> None:
    async def fill() -> None:
        store = SQLiteStore(shop / "inventory.db")
        for number in range(20):
            assert await store.webhooks.add(f"w{number}", URL, (), "whsec_x", 20)
        await store.close()

    asyncio.run(fill())
    done = refused("add", URL, folder=shop)
    assert (done.code, done.error) == (1, "there are 20 endpoints already, and no more are allowed")
