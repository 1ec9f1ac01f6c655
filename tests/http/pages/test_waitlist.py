"""A waiting list entry's page: the place, the offer, leaving, and what has become of it."""

import pytest

from sellout.http.pages.waitlist import REFRESH_SECONDS, refresh_seconds
from tests.http.pages.visitor import Visitor, purchase_of
from tests.http.shop import Shop


class Queue:
    """A sold-out item of two units, for which two wait: Bob for one, then Zoë for two."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.item = shop.add("Gala", 2, offer_seconds=60)
        self.purchases = [shop.buy(self.item).json()["purchase_id"] for _ in range(2)]
        self.bob, self.zoe = (self._join(buyer, quantity) for buyer, quantity in (("Bob", 1), ("Zoë", 2)))

    def _join(self, buyer: str, quantity: int) -> str:
        return str(self.shop.join(buyer, self.item, quantity=quantity).json()["entry_id"])

    def give_back(self, count: int = 1) -> None:
        """So many units come back."""
        for _ in range(count):
            self.shop.refund(self.purchases.pop())


@pytest.fixture
def queue(shop: Shop) -> Queue:
    return Queue(shop)


def test_it_says_the_place_and_for_what_somebody_waits(queue: Queue, visitor: Visitor) -> None:
    page = visitor.open(f"/waitlist/{queue.zoe}")
    assert "You are on the list Your place 2" in page.text
    assert "You wait for 2 units of Gala, as Zoë." in page.text
    assert [button.label for button in page.buttons] == ["Leave the list"]
    assert page.attributes("body")[0]["data-stream"] == f"/v1/items/{queue.item}/stream"


def test_the_place_moves_up(queue: Queue, visitor: Visitor) -> None:
    queue.shop.ask("DELETE", f"/v1/waitlist/{queue.bob}")
    assert "Your place 1" in visitor.open(f"/waitlist/{queue.zoe}").text


def test_an_offer_is_a_hold_to_be_confirmed_or_given_back(queue: Queue, visitor: Visitor) -> None:
    queue.give_back()
    page = visitor.open(f"/waitlist/{queue.bob}")
    assert "1 unit held for you of Gala came back, and it is your turn." in page.text
    (countdown,) = [tag for tag in page.attributes("time") if "data-countdown" in tag]
    assert countdown["data-countdown"] == queue.shop.get(f"/v1/waitlist/{queue.bob}")["hold"]["expires_at"]
    visitor.press("Confirm 1 unit")
    receipt = visitor.address
    purchase_of(receipt)
    page = visitor.open(f"/waitlist/{queue.bob}")
    assert "Yours What you were offered has become a purchase." in page.text
    assert page.links("See the receipt") == [receipt]


def test_what_is_given_back_is_offered_to_the_next(queue: Queue, visitor: Visitor) -> None:
    queue.give_back(2)
    visitor.open(f"/waitlist/{queue.bob}")
    visitor.press("Give back")
    assert "You have left the list" in visitor.open(f"/waitlist/{queue.bob}").text
    assert "2 units held for you" in visitor.open(f"/waitlist/{queue.zoe}").text


def test_an_offer_that_lapsed_says_so_and_went_on(queue: Queue, visitor: Visitor) -> None:
    queue.give_back(2)
    queue.shop.clock.go_on(61)
    assert "2 units held for you" in visitor.open(f"/waitlist/{queue.zoe}").text, "nobody has asked in between"
    page = visitor.open(f"/waitlist/{queue.bob}")
    assert "The time is over What you were offered went on to the next who waits." in page.text
    assert page.links("Back to the item") == [f"/items/{queue.item}"]


def test_leaving_leads_to_the_entry_however_often_it_is_pressed(queue: Queue, visitor: Visitor) -> None:
    page = visitor.open(f"/waitlist/{queue.bob}")
    for _ in range(2):
        answer = visitor.send("Leave the list", on=page)
        assert answer.url.path == f"/waitlist/{queue.bob}"
        assert "You have left the list" in answer.text
    assert "Your place 1" in visitor.open(f"/waitlist/{queue.zoe}").text


def test_who_has_bought_cannot_leave_any_more(queue: Queue, visitor: Visitor) -> None:
    page = visitor.open(f"/waitlist/{queue.bob}")
    queue.give_back()
    visitor.open(f"/waitlist/{queue.bob}")
    visitor.press("Confirm 1 unit")
    page = visitor.press("Leave the list", on=page, status=409)
    assert page.alert
    assert "Yours" in page.text


def test_an_entry_that_is_not_there_is_an_error_page(visitor: Visitor) -> None:
    for method, address in (("GET", ""), ("POST", "/leave")):
        answer = visitor.ask(method, f"/waitlist/nothing{address}")
        assert answer.status_code == 404
        assert "There is no entry with this id." in answer.text


def test_who_waits_looks_again_the_sooner_the_nearer_the_turn_is() -> None:
    least, most = REFRESH_SECONDS
    waits = [refresh_seconds(position) for position in range(1, 10_000)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (least, most)
    assert refresh_seconds(None) == least


def test_the_page_looks_again_while_somebody_waits(queue: Queue, visitor: Visitor) -> None:
    page = visitor.open(f"/waitlist/{queue.bob}")
    assert page.attributes("main")[0]["data-refresh-seconds"] == "3"
    assert page.attributes("meta", **{"http-equiv": "refresh"})
    queue.give_back()
    page = visitor.open(f"/waitlist/{queue.bob}")
    assert "data-refresh-seconds" not in page.attributes("main")[0]
    assert not page.attributes("meta", **{"http-equiv": "refresh"})
