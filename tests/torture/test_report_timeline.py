"""The picture of a round holds what the round was, for eyes and for ears."""

import re
from xml.etree import ElementTree

import pytest

from sellout.torture.report.lanes import (
    ATTEMPTS_DRAWN_MAX,
    REQUESTS_DRAWN_MAX,
    ROWS_MAX,
    Mark,
    in_words,
    mark_of,
    requests_lane,
    server_lane,
    units_lane,
)
from sellout.torture.report.layout import Scale
from sellout.torture.report.timeline import description, scale_of, timeline
from sellout.torture.results import Answer, FaultSeen, Level, Life
from tests.torture.report_rounds import answer, asked, lost, played

SCALE = Scale(0, 10)


def drawn(svg: str) -> ElementTree.Element:
    """The same, as a tree: what is no XML is no SVG."""
    return ElementTree.fromstring(svg)


def marks(svg: str) -> list[tuple[str, str]]:
    """Each mark with its place."""
    return re.findall(r'<use href="#(\w+)" x="([\d.]+%)"', svg)


def words(svg: str, kind: str) -> list[str | None]:
    """What stands in the picture in this style."""
    return [text.text for text in drawn(svg).iter("text") if text.get("class") == kind]


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        (answer(1, "201", granted=True), Mark.OK),
        (answer(1, "200", granted=True, replayed=True), Mark.REPLAYED),
        (answer(1, "410 sold_out", granted=False), Mark.REFUSED),
        (answer(1, "503 busy", unknown=True), Mark.RETRIED),
        (answer(1, "429 rate_limited", unknown=True), Mark.RETRIED),
        (answer(1, "500 internal_error", unknown=True), Mark.UNKNOWN),
        (lost(1), Mark.UNKNOWN),
    ],
)
def test_every_outcome_has_a_shape_of_its_own(said: Answer, mark: Mark) -> None:
    assert mark_of(said) is mark


class TestRequests:
    def test_are_marked_where_each_answer_arrived(self) -> None:
        request = asked(lost(1, took=1), answer(4, "503 busy", took=1, unknown=True), answer(6, took=2))
        lane = requests_lane([request], SCALE).shapes
        assert marks(lane) == [("unknown", "20.0%"), ("retried", "50.0%"), ("ok", "80.0%")]
        assert '<line class="waits" x1="10.0%" x2="80.0%"/>' in lane
        assert '<line class="way" x1="40.0%" x2="50.0%"/>' in lane

    def test_say_who_asked_for_what_and_got_what(self) -> None:
        request = asked(lost(1), answer(2, granted=True, replayed=True))
        assert in_words(request) == "ada: buy 2 of alpha: no answer, 201 again"
        assert "<title>ada: buy 2 of alpha: no answer, 201 again</title>" in requests_lane([request], SCALE).shapes

    def test_with_many_attempts_show_the_first_ones_and_the_last(self) -> None:
        request = asked(*(lost(at / 10) for at in range(50)), answer(9, took=1))
        found = marks(requests_lane([request], SCALE).shapes)
        assert len(found) == ATTEMPTS_DRAWN_MAX
        assert found[-1] == ("ok", "100.0%")
        assert in_words(request).endswith("no answer, …, 201")

    def test_that_are_too_many_are_counted(self) -> None:
        at_once = [asked(answer(1, took=5)) for _ in range(ROWS_MAX + 7)]
        assert "7 more are not drawn" in requests_lane(at_once, SCALE).shapes
        in_turn = [asked(answer(number / 10, took=0)) for number in range(REQUESTS_DRAWN_MAX + 9)]
        assert "9 more are not drawn" in requests_lane(in_turn, Scale(0, 1000)).shapes

    def test_that_were_asked_again_come_first(self) -> None:
        smooth = [asked(answer(1, took=5)) for _ in range(ROWS_MAX)]
        lane = requests_lane([*smooth, asked(lost(2), answer(4), buyer="last of all")], SCALE).shapes
        assert "last of all" in lane


def test_the_server_is_up_and_down_and_says_what_ended_it() -> None:
    lane = server_lane([Life(0, 4, -9), Life(6, 10, 0)], SCALE).shapes
    assert re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%"', lane) == [("0.0", "40.0"), ("60.0", "40.0")]
    assert "Up from 0.00 s to 4.00 s, ended by SIGKILL" in lane
    assert marks(lane) == [("unknown", "40.0%")]


def test_units_step_at_each_change_against_the_stock() -> None:
    levels = [
        Level(0, "alpha", 4, 0, 0),
        Level(2, "alpha", 4, 1, 0),
        Level(3, "alpha", 4, 1, 0),
        Level(5, "alpha", 4, 3, 1),
    ]
    lane = units_lane("alpha", levels, SCALE).shapes
    assert '<path class="step" d="M0 100H0.0V100.00H200.0V75.00H500.0V25.00H1000"/>' in lane
    assert "3 of 4 sold at the last look" in lane


class TestThePicture:
    def test_is_svg_with_a_title_and_a_description(self) -> None:
        tree = drawn(timeline(played(7), "round-7"))
        title, told = tree[0], tree[1]
        assert tree.get("role") == "img"
        assert (tree.get("aria-labelledby") or "").split() == [title.get("id"), told.get("id")]
        assert title.text == "Round 7 over time"
        assert told.text == description(played(7))

    def test_is_described_for_who_does_not_see_it(self) -> None:
        assert description(played()) == (
            "2 requests in 3 attempts, 1 of them unknown for a while. The server was started 2 times. "
            "Faults: kill at 1.50 s, pause 0.5 s at 2.00 s. 2 of 2 units were sold."
        )

    def test_shows_each_fault_that_happened_as_a_band_with_its_words(self) -> None:
        faults = (FaultSeen("kill", "kill", 1.5), FaultSeen("pause", "pause 0.5 s", 2.0, 2.5))
        missed = FaultSeen("lock", "lock 9 s", 1.0, 9.0, fired=False)
        svg = timeline(played(faults=(*faults, missed)), "x")
        assert (svg.count('class="band"'), svg.count('class="instant"')) == (1, 1)
        assert [text.text for text in drawn(svg).iter("text") if text.get("class") == "fault"] == [
            "kill",
            "pause 0.5 s",
        ]

    def test_spans_what_happened_and_no_more(self) -> None:
        scale = scale_of(played(seconds=500.0))
        assert 0.8 < scale.start < 0.9
        assert scale.end == 3.0

    def test_can_be_drawn_of_a_round_in_which_nothing_happened(self) -> None:
        drawn(timeline(played(faults=(), requests=(), levels=(), lives=()), "x"))

    def test_has_a_lane_for_each_item(self) -> None:
        levels = (Level(1, "alpha", 2, 1, 0), Level(1, "beta", 2, 1, 0))
        lanes = [
            text.text
            for text in drawn(timeline(played(levels=levels), "x")).iter("text")
            if text.get("class") == "lane"
        ]
        assert lanes == ["Server", "Faults", "Requests", "alpha", "beta"]
