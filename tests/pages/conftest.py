"""A browser for all tests, a server for each module, and visitors for each test, whose pages must not complain."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.logins import SECRET
from tests.pages.browser import Missing, Visitors, launched
from tests.pages.shop import Shop
from tests.processes import running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with launched() as made:
            yield made
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop on a new database. Each test puts items of its own on sale."""
    database = tmp_path_factory.mktemp("shop") / "shop.db"
    with running(database, SELLOUT_UNAVAILABLE_AFTER_SECONDS="1", SELLOUT_BUYER_TOKEN_KEY=SECRET) as server:
        made = Shop(server.url, database)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def visitors(browser: Browser, shop: Shop) -> Iterator[Visitors]:
    """Whoever comes to the shop. No page may complain, or ask another host."""
    made = Visitors(browser, shop.url)
    try:
        yield made
    finally:
        made.leave()
    assert made.complaints == [], "the pages complained, or asked another host"


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """One visitor's page."""
    return visitors.come()
