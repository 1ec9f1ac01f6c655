"""Live figures: what they show, and that a fragment is the same for everybody."""

import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sellout.http.live.feed import TooManyWatches
from tests.http.desk.organiser import Organiser, desk_of
from tests.http.listener import PATIENCE_SECONDS
from tests.http.pages.page import Page
from tests.http.shop import ORGANISER_KEY
from tests.http.shop import Shop as OpenShop
from tests.http.test_doors import by_sellout_serve
from tests.processes import running


def told(shop: OpenShop, item: str | None = None) -> Mapping[str, str]:
    """What the desk's feed tells now: a fragment for each item."""
    portal: Any = shop.client.portal
    read = desk_of(shop).live.feed_of(item)._read
    events = {name: event.decode() for name, event in portal.call(read).items()}
    return {name: html_of(event) for name, event in events.items()}


def html_of(event: str) -> str:
    name, *data = event.rstrip("\n").split("\n")
    assert name == "event: figures"
    assert all(line.startswith("data: ") for line in data)
    return "\n".join(line.removeprefix("data: ") for line in data)


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_a_fragment_shows_how_the_item_stands(shop: OpenShop) -> None:
    shop.buy(quantity=6)
    shop.hold(quantity=3)
    card, page = text_of(told(shop)["item-a"]), text_of(told(shop, "item-a")["item-a"])
    assert "On sale 6 of 100 sold Available 91 Held 3" in card
    assert "Sold 6 Held 3 Available 91" in page


def test_refusals_are_told_by_reason(shop: OpenShop) -> None:
    shop.change("item-a", paused=True)
    for _ in range(3):
        shop.buy()
    shop.change("item-a", paused=False, limit_per_buyer=1)
    shop.buy(buyer="ada", quantity=2)
    page = text_of(told(shop, "item-a")["item-a"])
    assert "Refusals Paused 3 The buyer’s limit was reached 1" in page


def test_an_item_that_nobody_came_to_shows_no_invented_figures(shop: OpenShop) -> None:
    shop.add("Balcony", 8)
    page = text_of(told(shop, "item-a")["item-a"])
    assert "p50 latency – p99 latency –" in page
    assert "Purchases a second –" in page, "there is nothing yet to compare with"
    assert "Nobody was refused." in page
    assert "Nothing is sold yet" in page


def test_every_element_of_a_fragment_has_its_place_on_the_page(organiser: Organiser, shop: OpenShop) -> None:
    shop.buy()
    for address, html in (("/desk", told(shop)["item-a"]), ("/desk/items/item-a", told(shop, "item-a")["item-a"])):
        ids = re.findall(r'id="(live-[a-z-]+)"', html)
        assert ids
        assert html.lstrip().startswith(f'<div id="{ids[0]}"')
        for one in ids:
            assert len(organiser.open(address).attributes("div", id=one)) == 1


def test_a_fragment_has_no_form_and_nothing_of_a_session(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/item-a")
    for html in (told(shop)["item-a"], told(shop, "item-a")["item-a"]):
        for word in ("<form", "<input", "<button", "csrf", organiser.token, "style="):
            assert word not in html


def test_names_in_fragments_are_only_text(shop: OpenShop) -> None:
    item = shop.add("<script>alert(1)</script>", 5)
    for html in (told(shop)[item], told(shop, item)[item]):
        Page(html).check_safe()
        assert "<script" not in html


def test_a_fragment_does_not_change_where_nothing_happens(shop: OpenShop) -> None:
    shop.buy()
    shop.change("item-a", paused=True)
    told(shop)
    shop.clock.go_on(1)
    first = told(shop)["item-a"]
    shop.clock.go_on(30)
    assert re.sub("Purchases a second.*", "", told(shop)["item-a"]) == re.sub("Purchases a second.*", "", first)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A real server for all tests that listen."""
    with by_sellout_serve(tmp_path_factory.mktemp("desk") / "shop.db") as client:
        yield client


def session_at(client: httpx2.Client) -> str:
    """The cookie of a new session."""
    answer = client.post("/desk/sign-in", data={"key": ORGANISER_KEY})
    assert answer.status_code == 303
    return str(answer.headers["Set-Cookie"].split(";")[0])


def watch(client: httpx2.Client, cookie: str, address: str) -> Generator[str]:
    """The words of each fragment that a stream tells."""
    headers = {"Cookie": cookie, "Accept": "text/event-stream"}
    with httpx2.stream("GET", f"{client.base_url}{address}", headers=headers, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        lines = list[str]()
        for line in answer.iter_lines():
            lines.append(line)
            if not line:
                if lines[0] == "event: figures":
                    yield text_of(html_of("\n".join(lines)))
                lines = []


@pytest.mark.parametrize("address", ["/desk/stream", "/desk/stream?item=item-a"])
def test_whoever_watches_is_told_of_a_sale(address: str, server: httpx2.Client) -> None:
    sold = server.get("/v1/items/item-a").json()["sold"]
    stream = watch(server, session_at(server), address)
    assert f"{sold} of 100 sold" in next(stream)
    assert server.post("/v1/items/item-a/purchases").status_code == 201
    assert any(f"{sold + 1} of 100 sold" in words for words in stream)
    stream.close()


def test_every_worker_knows_the_session(tmp_path: Path) -> None:
    with running(tmp_path / "shop.db", "--workers", "2") as started, httpx2.Client(base_url=started.url) as client:
        cookie = session_at(client)
        for _ in range(20):  # each connection goes to one of the workers
            answer = httpx2.get(f"{client.base_url}/desk", headers={"Cookie": cookie})
            assert answer.status_code == 200


def test_a_stop_ends_all_streams(shop: OpenShop) -> None:
    told(shop, "item-a")
    portal: Any = shop.client.portal
    feeds = [desk_of(shop).live.feed_of(item) for item in (None, "item-a")]
    app: Any = shop.client.app
    app._shop.end_streams()
    for feed in feeds:
        with pytest.raises(TooManyWatches):
            portal.call(feed.watch)
