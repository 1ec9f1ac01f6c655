"""Charts: points in, SVG out."""

import itertools
import re
from xml.etree import ElementTree

import pytest

from sellout.domain import MICROSECONDS, SalesPoint
from sellout.http.desk.chart import HEIGHT, WIDTH, clock_labels, compact, sales_chart, shows_capacity, sparkline

START = 1_800_000_000 * MICROSECONDS  # 2027-01-15 08:00:00


def points(*sold: int, apart: float = 1.0) -> list[SalesPoint]:
    return [SalesPoint(START + round(place * apart * MICROSECONDS), units) for place, units in enumerate(sold)]


def at(seconds: float) -> int:
    return START + round(seconds * MICROSECONDS)


def path(markup: str) -> list[tuple[str, float]]:
    """The steps of the line."""
    (d,) = re.findall(r'class="line" d="M0 100(.*?)"', markup)
    return [(step, float(number)) for step, number in re.findall(r"([HV])([\d.]+)", d)]


def labels(markup: str, kind: str) -> list[str]:
    return re.findall(rf'<text class="{kind}"[^>]*>([^<]*)</text>', markup)


def test_the_line_goes_up_by_steps_to_what_is_sold() -> None:
    steps = path(sales_chart(points(0, 30, 60, 100), 100, live_at=at(12)))
    heights = [number for step, number in steps if step == "V"]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == HEIGHT
    assert heights[-1] == pytest.approx(HEIGHT * (1 - 1 / 1.08), abs=0.01)
    across = [number for step, number in steps if step == "H"]
    assert across == sorted(across)
    assert all(0 <= x <= WIDTH for x in across)


def test_refunds_lead_down_again() -> None:
    heights = [number for step, number in path(sparkline(points(0, 50, 20), 100, live_at=at(12))) if step == "V"]
    assert heights[-1] > heights[-2]


def test_the_dashed_line_is_the_capacity() -> None:
    markup = sales_chart(points(0, 60), 100, live_at=at(12))
    assert labels(markup, "all") == ["100"]
    assert markup.count('class="edge"') == 1
    assert shows_capacity(points(0, 60), 100)


def test_a_capacity_far_above_is_left_out_so_that_the_line_does_not_lie_flat() -> None:
    markup = sales_chart(points(0, 60), 100_000, live_at=at(12))
    assert labels(markup, "all") == []
    assert 'class="edge"' not in markup
    assert not shows_capacity(points(0, 60), 100_000)
    assert min(number for step, number in path(markup) if step == "V") < HEIGHT / 10


def test_no_point_is_outside_of_the_picture() -> None:
    for sold, capacity, live in itertools.product(
        ([1], [0, 0, 1], [5, 5, 5], [10, 0], [0, 10**9]), (0, 1, 10, 10**9), (None, 0, 3600)
    ):
        live_at = None if live is None else at(live)
        for markup in (sales_chart(points(*sold), capacity, live_at), sparkline(points(*sold), capacity, live_at)):
            for step, number in path(markup):
                assert 0 <= number <= (WIDTH if step == "H" else HEIGHT)


def test_without_points_it_says_that_nothing_is_sold() -> None:
    assert "Nothing is sold yet" in sales_chart([], 100, live_at=at(1))
    assert "<path" not in sparkline([], 100, live_at=None)


def test_it_says_its_figures_to_those_who_do_not_see_it() -> None:
    markup = sales_chart(points(0, 600, 1234), 2000, live_at=None)
    said = "Units sold over time: 1,234 of 2,000, from 2027-01-15 08:00:00 to 2027-01-15 08:00:02 UTC"
    assert f'role="img" aria-label="{said}"' in markup
    assert markup.count("aria-hidden") == 2, "labels beside it say nothing more"


def test_it_is_well_formed_and_has_no_style_of_its_own() -> None:
    for markup in (
        sales_chart(points(0, 9), 10, at(12)),
        sparkline(points(0, 9), 10, at(12)),
        sales_chart([], 1, None),
    ):
        ElementTree.fromstring(f"<div>{markup}</div>")
        assert "style" not in markup


def test_while_a_sale_goes_on_the_time_goes_on() -> None:
    early, late = (sales_chart(points(0, 10), 100, live_at=at(seconds)) for seconds in (20, 40))
    assert early != late


def test_a_live_chart_does_not_change_with_every_moment() -> None:
    charts = {sparkline(points(0, 10), 100, live_at=at(3600 + seconds)) for seconds in range(60)}
    assert len(charts) <= 5, "a minute in an hour is a step or a few"


def test_when_a_sale_is_over_the_time_since_says_nothing() -> None:
    over = points(0, 50, 100)
    much_later = [*over, SalesPoint(at(9), 100), SalesPoint(at(86_400), 100)]
    assert sales_chart(much_later, 100, live_at=None) == sales_chart(over, 100, live_at=None)


def test_a_sale_of_one_instant_is_seen() -> None:
    steps = path(sales_chart([SalesPoint(START, 100)], 100, live_at=None))
    assert steps[0][1] < steps[2][1], "it has a moment before, and one after"


@pytest.mark.parametrize(
    ("units", "text"),
    [(0, "0"), (950, "950"), (9999, "9,999"), (10_000, "10k"), (12_500, "12.5k"), (10**6, "1M"), (1_250_000, "1.25M")],
)  # fmt: skip
def test_large_numbers_are_short(units: int, text: str) -> None:
    assert compact(units) == text


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (2, ["08:00:00.000", "08:00:02.000"]),
        (90, ["08:00:00", "08:01:30"]),
        (7200, ["08:00", "10:00"]),
        (100_000, ["15 Jan 08:00", "16 Jan 11:46"]),
        (1_000_000, ["15 Jan", "26 Jan"]),
    ],
)
def test_times_are_as_exact_as_is_wanted(seconds: int, labels: list[str]) -> None:
    assert clock_labels(at(0), at(seconds)) == labels


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 99, 100, 101, 5432, 10**6, 10**9])
def test_a_few_round_numbers_stand_at_the_side(most: int) -> None:
    ticks = labels(sales_chart(points(0, most), 10**9, live_at=None), "tick")
    assert 1 <= len(ticks) <= 5
    assert len(set(ticks)) == len(ticks)
