"""The server is killed, or too busy, while somebody looks or buys: the page says so, and goes on by itself."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browser import BUSY, LOST, Visitors
from tests.pages.looking import (
    WITHIN_A_SECOND,
    available,
    mark,
    name_field,
    open_live,
    press,
    receipt_id,
    was_not_reloaded,
)
from tests.pages.shop import Shop
from tests.processes import Server

BACK_MS = 10_000.0
"""How soon a page has found the server again."""


class Machine:
    """A server that can be killed and started again, on the same database and at the same address."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._server = self._started("--port", "0")
        self.url = self._server.url

    def kill(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server = self._started("--port", str(urlsplit(self.url).port))

    def _started(self, *options: str) -> Server:
        return Server(self._database, *options, SELLOUT_UNAVAILABLE_AFTER_SECONDS="1")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "shop.db")
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture
def shop(machine: Machine, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(machine.url, tmp_path / "shop.db")
    try:
        yield made
    finally:
        made.close()


def test_a_page_says_that_the_server_is_gone_finds_it_again_and_is_right(
    shop: Shop, machine: Machine, visitors: Visitors, page: Page
) -> None:
    visitors.provoke(LOST)
    item = shop.add(10)
    open_live(page, f"/items/{item}")
    mark(page)
    lost = page.get_by_text("Connection lost. Reconnecting…")
    expect(lost).to_be_hidden()
    machine.kill()
    expect(lost).to_be_visible(timeout=2000)
    machine.start()
    shop.buy(item)
    expect(available(page)).to_have_text("9", timeout=BACK_MS)
    expect(lost).to_be_hidden()
    expect(page.locator("[data-announcer]")).to_have_text("Connected again.")
    shop.buy(item)
    expect(available(page)).to_have_text("8", timeout=WITHIN_A_SECOND)
    assert was_not_reloaded(page)


def test_who_presses_while_the_server_is_gone_has_one_purchase_when_it_is_back(
    shop: Shop, machine: Machine, visitors: Visitors, page: Page
) -> None:
    visitors.provoke(LOST)
    item = shop.add(10)
    open_live(page, f"/items/{item}")
    name_field(page).fill("Ada")
    machine.kill()
    press(page, "Buy")
    expect(page.get_by_text("Connection lost. Trying again: you cannot buy twice by this…")).to_be_visible()
    machine.start()
    expect(page.get_by_role("heading", name="Yours")).to_be_visible(timeout=BACK_MS)
    assert [receipt_id(page)] == shop.purchases(item)


def test_a_receipt_is_there_after_a_kill(shop: Shop, machine: Machine, visitors: Visitors, page: Page) -> None:
    visitors.provoke(LOST)
    item = shop.add(10)
    page.goto(f"/items/{item}")
    press(page, "Buy")
    bought = receipt_id(page)
    machine.kill()
    machine.start()
    page.reload()
    assert receipt_id(page) == bought
    page.goto(f"/items/{item}")
    expect(page.get_by_text("You have bought 1 unit.")).to_be_visible()


def test_who_presses_while_the_database_is_locked_stays_in_it_and_buys_once(
    shop: Shop, visitors: Visitors, page: Page
) -> None:
    visitors.provoke(BUSY)
    item = shop.add(10)
    page.goto(f"/items/{item}")
    with shop.locked():
        press(page, "Buy")
        expect(page.get_by_text("Many are here at this moment. You are still in it: trying again…")).to_be_visible()
    assert [receipt_id(page)] == shop.purchases(item)
