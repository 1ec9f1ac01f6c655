"""Figures of the last seconds, and the history of sales, by a clock of their own."""

import asyncio
import math
from collections.abc import Sequence

import pytest

from sellout.domain import Item, SalesPoint
from sellout.figures import Figures
from sellout.http.desk.history import FRESH_SECONDS, Histories
from sellout.http.desk.samples import GAP_SECONDS_MAX, Latencies, Sample, Samples, Window
from sellout.http.desk.showing import latency, percent, rate, signed


def sample(at: float, bought: int = 0, **outcomes: int) -> Sample:
    total = sum(outcomes.values())
    return Sample(at, {"a": Figures(outcomes, [(0.01, total), (math.inf, total)])}, {"a": bought})


class Shop:
    """What grows by itself: two purchases in each second, of which one answer is a refusal."""

    def __init__(self) -> None:
        self.now = 0.0
        self.taken = 0

    async def take(self) -> Sample:
        self.taken += 1
        return sample(self.now, round(2 * self.now), sold_out=round(self.now))

    async def watch(self, samples: Samples, seconds: float, every: float = 1.0) -> Window:
        for _ in range(round(seconds / every)):
            self.now += every
            window = await samples.window()
        return window


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def samples(shop: Shop) -> Samples:
    return Samples(shop.take, lambda: shop.now)


def test_at_the_first_look_there_is_no_rate(samples: Samples) -> None:
    window = asyncio.run(samples.window())
    assert window.a_second("a") is None
    assert window.a_second("nothing") is None


def test_the_rate_is_that_of_the_last_seconds(shop: Shop, samples: Samples) -> None:
    window = asyncio.run(shop.watch(samples, 60))
    assert window.a_second("a") == 2
    assert window.earlier is not None
    assert window.latest.at - window.earlier.at == 10
    assert window.a_second("nothing") == 0


def test_many_who_look_at_once_take_one_sample(shop: Shop, samples: Samples) -> None:
    asyncio.run(shop.watch(samples, 10, every=0.1))
    assert shop.taken <= 21


def test_after_nobody_has_looked_for_long_the_rate_begins_anew(shop: Shop, samples: Samples) -> None:
    asyncio.run(shop.watch(samples, 5))
    shop.now += GAP_SECONDS_MAX + 1
    assert asyncio.run(samples.window()).a_second("a") is None
    assert asyncio.run(shop.watch(samples, 1)).a_second("a") == 2


def test_who_looks_seldom_sees_the_rate_since_the_last_look(shop: Shop, samples: Samples) -> None:
    asyncio.run(shop.watch(samples, 1))
    assert asyncio.run(shop.watch(samples, 30, every=30)).a_second("a") == 2


def test_latencies_are_of_the_window_or_else_of_all() -> None:
    first, quiet, busy = sample(0, bought=4), sample(10), sample(20, bought=2)
    nothing = Sample(0, {}, {})
    assert Window(nothing, None).latencies("a") == Latencies(None, None, lately=False)
    assert Window(sample(9, sold_out=5), sample(0, sold_out=5)).latencies("a").lately is False
    assert Window(sample(9, sold_out=6), sample(0, sold_out=5)).latencies("a").lately is True
    assert Window(sample(9, sold_out=5), None).latencies("a").p50 == pytest.approx(0.005)
    assert Window(busy, quiet).latencies("b").p50 is None
    assert first.bought == {"a": 4}


def test_refusals_are_since_the_start_the_most_frequent_first() -> None:
    window = Window(sample(9, sold_out=3, bought=5, paused=7, closed=0), None)
    assert window.refusals("a") == [("paused", 7), ("sold_out", 3)]


def an_item(sold: int) -> Item:
    return Item("a", "A", 100, sold, 0, None, None, False, None, 10, 1, 1, 1)


class Ledger:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.readings = 0
        self.seconds = 0.0
        self.now = 1000.0
        self.sold = 0

    async def read(self, *_: object) -> Sequence[SalesPoint]:
        self.readings += 1
        self.now += self.seconds
        return [SalesPoint(1, 0), SalesPoint(round(self.now), self.sold)]

    async def look(self, histories: Histories, sold: int) -> Sequence[SalesPoint]:
        self.now += 1
        self.sold = sold
        return list(await histories.of(an_item(sold), round(self.now)))


def histories_of(ledger: Ledger) -> Histories:
    return Histories(ledger.read, lambda: ledger.now)


def test_the_ledger_is_read_now_and_then_while_units_are_sold() -> None:
    ledger = Ledger()
    histories = histories_of(ledger)
    for sold in range(1, 21):
        points = asyncio.run(ledger.look(histories, sold))
        assert points[-1].sold == sold, "in between it goes on with what is seen"
        assert [point.at for point in points] == sorted(point.at for point in points)
    assert ledger.readings == 4


def test_it_is_not_read_again_where_nothing_is_sold() -> None:
    ledger = Ledger()
    histories = histories_of(ledger)
    for _ in range(50):
        asyncio.run(ledger.look(histories, 7))
    assert ledger.readings == 1


def test_what_takes_long_is_read_more_seldom() -> None:
    ledger = Ledger()
    ledger.seconds = 2.0
    histories = histories_of(ledger)
    for sold in range(1, 39):
        asyncio.run(ledger.look(histories, sold))
    assert ledger.readings == 1
    assert FRESH_SECONDS < 38


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.0008, "0.8 ms"), (0.0124, "12 ms"), (0.9994, "999 ms"), (1.25, "1.2 s")]
)
def test_latencies_in_words(seconds: float | None, text: str) -> None:
    assert latency(seconds) == text


@pytest.mark.parametrize(
    ("a_second", "text"), [(None, "–"), (0.0, "0"), (0.4, "0.4"), (12.3, "12"), (20_100.4, "20,100")]
)
def test_rates_in_words(a_second: float | None, text: str) -> None:
    assert rate(a_second) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (1000, 1000, "100 %"), (5, 10, "50 %")],
)
def test_shares_are_never_rounded_to_nothing_or_all(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_changes_have_a_sign() -> None:
    assert [signed(change) for change in (3, -1200, 0)] == ["+3", "−1,200", ""]
