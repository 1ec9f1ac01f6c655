"""The pages as pictures, for the documentation: `make pictures` writes docs/pages/*.png, or those that ARGS names.

Each is what a visitor sees first, on a wide screen and on a telephone, in both themes, of a sale that is under way.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import Visitors, launched
from tests.pages.looking import name_field, press
from tests.pages.organiser import sit_down
from tests.pages.shop import Shop, in_seconds
from tests.processes import running

FOLDER = Path(__file__).parents[2] / "docs" / "pages"

SIZES = {1280: 800, 390: 844}
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")

SALE_SECONDS = 20.0
BUYERS = 420
FIRST_NAMES = ("ada", "grace", "alan", "edsger", "barbara", "donald", "frances", "john", "katherine", "tony", "radia")
LAST_NAMES = ("lovelace", "hopper", "turing", "liskov", "knuth", "allen", "johnson", "hoare", "perlman", "wirth")


class Items(NamedTuple):
    """What is on sale: the ids."""

    concert: str
    sold_out: str
    not_open: str
    all_held: str


def set_scene(shop: Shop) -> Items:
    """A shop on the evening of a sale."""
    items = Items(
        concert=shop.add(
            1200, "Midnight Orchestra", limit_per_buyer=6, opens_at=in_seconds(-90), closes_at=in_seconds(86_400)
        ),
        sold_out=shop.add(40, "Late Show at the Observatory"),
        not_open=shop.add(5000, "Summer Pass", opens_at=in_seconds(2 * 3600 + 754)),
        all_held=shop.add(6, "Backstage Tour"),
    )
    shop.add(250, "Workshop: Letterpress", paused=True)
    shop.buy(items.sold_out, 10, "grace.hopper@example.org")
    for _ in range(3):
        shop.buy(items.sold_out, 10)
    shop.buy(items.all_held, 4)
    shop.hold(items.all_held, 2)
    sell(shop, items)
    return items


def sell(shop: Shop, items: Items) -> None:
    """A sale: most come at first, some hold, and some are refused."""
    chance = random.Random(7)
    begun = time.monotonic()
    for number in range(BUYERS):
        due = SALE_SECONDS * (number / BUYERS) ** 2
        time.sleep(max(0.0, begun + due - time.monotonic()))
        buyer = f"{chance.choice(FIRST_NAMES)}.{chance.choice(LAST_NAMES)}{chance.randrange(100)}@example.org"
        if number % 10 == 9:
            shop.try_to_buy(items.sold_out)
        elif number % 23 == 11:
            shop.hold(items.concert, chance.randint(1, 3), buyer)
        else:
            shop.try_to_buy(items.concert, chance.choice((1, 1, 2, 2, 4)), buyer)
    for _ in range(9):
        shop.try_to_buy(items.concert, 10, "ada.lovelace@example.org")


Showing = Callable[[Shop, Items, Page], None]


def show_hold(shop: Shop, items: Items, page: Page) -> None:
    page.goto(f"/items/{items.concert}")
    page.get_by_role("spinbutton", name="Quantity").fill("2")
    name_field(page).fill("ada.lovelace@example.org")
    press(page, "Hold for 10 minutes")
    expect(page.get_by_role("heading", name="2 units held for you")).to_be_visible()


def show_waiting(shop: Shop, items: Items, page: Page) -> None:
    page.goto(f"/items/{items.sold_out}")
    name_field(page).fill("ada.lovelace@example.org")
    press(page, "Join the waiting list")
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()


def show_receipt(shop: Shop, items: Items, page: Page) -> None:
    page.goto(f"/purchases/{shop.purchases(items.sold_out)[0]}")


def at(address: str) -> Showing:
    """A page at an address, in which {item} names may stand."""

    def show(shop: Shop, items: Items, page: Page) -> None:
        page.goto(address.format(**items._asdict()))

    return show


def at_desk(address: str) -> Showing:
    """A page of the desk."""

    def show(shop: Shop, items: Items, page: Page) -> None:
        sit_down(page)
        page.goto(address.format(**items._asdict()))

    return show


PICTURES: dict[str, Showing] = {
    "desk-item": at_desk("/desk/items/{concert}"),  # first, while the sale is still in its chart
    "desk": at_desk("/desk"),
    "desk-purchases": at_desk("/desk/items/{concert}/purchases"),
    "list": at("/"),
    "item": at("/items/{concert}"),
    "sold-out": at("/items/{sold_out}"),
    "not-open": at("/items/{not_open}"),
    "hold": show_hold,
    "waiting": show_waiting,
    "receipt": show_receipt,
}


def take(browser: Browser, shop: Shop, items: Items, names: Sequence[str]) -> Iterator[Path]:
    """The pictures of these names."""
    for name in names:
        show = PICTURES[name]
        for width, height in SIZES.items():
            with visitor(browser, shop, width, height) as page:
                show(shop, items, page)
                for theme in THEMES:
                    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                    path = FOLDER / f"{name}-{width}-{theme}.png"
                    page.screenshot(path=path)
                    yield path


@contextmanager
def visitor(browser: Browser, shop: Shop, width: int, height: int) -> Iterator[Page]:
    """Somebody with a screen of this size."""
    visitors = Visitors(browser, shop.url)
    yield visitors.come(viewport={"width": width, "height": height}, timezone_id="UTC")
    visitors.leave()
    assert visitors.complaints == []


def main(names: Sequence[str]) -> None:
    """Write the pictures of these names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "shop.db"
        with running(database, SELLOUT_ITEM="House Concert", SELLOUT_STOCK="60") as server, launched() as browser:
            shop = Shop(server.url, database)
            for path in take(browser, shop, set_scene(shop), names):
                print(f"{path.stat().st_size:8,} {path}")  # noqa: T201 - it is a command
            shop.close()


if __name__ == "__main__":
    main(sys.argv[1:] or list(PICTURES))
