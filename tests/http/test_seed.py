"""The contract of the program that Sellout grew from: POST /buy_ticket, and a database that others may read."""

import asyncio
import re
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.http.shop import Shop, problem_of, running_client, running_shop

RFC3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def rows(database: Path, query: str) -> list[Any]:
    """What another program reads with an SQLite of its own (which must not share a process with a running shop)."""
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_ticket_has_exactly_four_members(shop: Shop) -> None:
    answer = shop.ticket()
    assert answer.status_code == 200
    ticket = answer.json()
    assert ticket.keys() == {"purchase_id", "item", "quantity", "purchased_at"}
    assert (ticket["item"], ticket["quantity"]) == ("Item A", 1)
    assert RFC3339_UTC.fullmatch(ticket["purchased_at"])


def test_a_ticket_can_be_bought_for_somebody_and_several_at_once(shop: Shop) -> None:
    ticket = shop.ticket(buyer="Ada", quantity=3).json()
    assert ticket["quantity"] == 3
    assert shop.get(f"/v1/purchases/{ticket['purchase_id']}")["buyer"] == "Ada"


def test_tickets_are_sold_until_they_are_sold_out(database: Path) -> None:
    with running_shop(database, stock=2) as shop:
        assert [shop.ticket().status_code for _ in range(4)] == [200, 200, 410, 410]
        assert problem_of(shop.ticket(), 410, "sold_out")["detail"] == "Every unit is sold."


def test_a_thousand_buyers_at_once_get_a_hundred_tickets(database: Path) -> None:
    async def crowd() -> Counter[int]:
        async with running_client(database) as client:
            answers = await asyncio.gather(*(client.post("/buy_ticket") for _ in range(1000)))
        return Counter(answer.status_code for answer in answers)

    assert asyncio.run(crowd()) == {200: 100, 410: 900}
    assert rows(database, "SELECT stock FROM inventory") == [(0,)]
    assert rows(database, "SELECT count(DISTINCT id) FROM purchases") == [(100,)]


def test_other_programs_read_the_inventory(database: Path) -> None:
    with running_shop(database) as shop:
        shop.ticket(quantity=4)
    assert rows(database, "SELECT item, stock FROM inventory") == [("Item A", 96)]


def test_other_programs_read_the_purchases(database: Path) -> None:
    with running_shop(database) as shop:
        ticket = shop.ticket().json()
    ((purchase_id, item, timestamp),) = rows(database, "SELECT id, item, timestamp FROM purchases")
    assert (purchase_id, item) == (ticket["purchase_id"], "Item A")
    assert RFC3339_UTC.fullmatch(timestamp)
    difference = datetime.fromisoformat(timestamp) - datetime.fromisoformat(ticket["purchased_at"])
    assert abs(difference) <= timedelta(milliseconds=1), "it is rounded to milliseconds"


def test_the_default_item_and_its_stock_are_settings(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_ITEM", "Opening night")
    monkeypatch.setenv("SELLOUT_STOCK", "7")
    with running_shop(database) as shop:
        assert shop.ticket().json()["item"] == "Opening night"
        item = shop.item("opening-night")
        assert (item["name"], item["capacity"], item["available"]) == ("Opening night", 7, 6)


def test_a_restart_goes_on_with_what_was_sold(database: Path) -> None:
    with running_shop(database) as shop:
        shop.ticket()
    with running_shop(database, stock=500) as shop:
        assert shop.item()["available"] == 99, "the setting is for an item that is not there yet"


def test_deleting_the_file_gives_a_fresh_stock(database: Path) -> None:
    with running_shop(database) as shop:
        shop.ticket()
    for file in database.parent.glob("shop.db*"):
        file.unlink()
    with running_shop(database) as shop:
        assert shop.item()["available"] == 100
        assert shop.get("/v1/items")["items"] == [shop.item()]


def test_a_clean_stop_leaves_one_file(database: Path) -> None:
    with running_shop(database) as shop:
        shop.ticket()
    assert [file.name for file in database.parent.iterdir()] == ["shop.db"]
