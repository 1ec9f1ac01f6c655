"""The page about tortured rounds: valid, whole, safe and small, and it says what the values say."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from sellout.torture.report.page import PAGE_BYTES_MAX, render_page
from sellout.torture.report.rounds import ROUNDS_IN_GROUP
from sellout.torture.results import Results
from tests.torture.report_rounds import BROKEN, HOLDS, HOSTILE, asked, broken, hostile, large, lost, played, run_of

VOID = {"meta", "br", "hr", "img", "input", "link"}
LOADING = {"src", "href", "srcset", "data", "poster", "action", "xlink:href", "style"}


class Read(HTMLParser):
    """A page, read strictly: every element is ended, in order, and every id is there once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.ids = list[str](), list[str]()
        self.loads, self.points_to = list[tuple[str, str | None]](), set[str]()
        self._open = list[str]()
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def _see(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute is given twice: {attrs}"
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        for name, value in attrs:
            if name == "href" and (value or "").startswith("#"):
                self.points_to.add((value or "")[1:])
            elif (
                name in {"src", "href", "srcset", "data", "poster", "action", "xlink:href", "style"} or name[:2] == "on"
            ):
                self.loads.append((name, value))


RUNS = {
    "exact": run_of(played(1), played(2)),
    "not exact": run_of(played(1), broken(2), broken(3)),
    "hostile": hostile(),
    "no rounds": run_of(wanted=3),
    "nothing in a round": run_of(played(faults=(), requests=(), levels=(), lives=())),
}


@pytest.mark.parametrize("results", RUNS.values(), ids=RUNS)
class TestAnyPage:
    def test_is_valid(self, results: Results) -> None:
        read = Read(render_page(results))
        assert len(read.ids) == len(set(read.ids))
        assert read.points_to <= set(read.ids)

    def test_loads_nothing_and_runs_nothing(self, results: Results) -> None:
        page = render_page(results)
        read = Read(page)
        assert read.loads == []
        assert {"script", "link", "img", "iframe", "base"}.isdisjoint(read.tags)
        assert not re.search(r"url\(|@import", page)

    def test_leaves_no_placeholder_open(self, results: Results) -> None:
        assert "$" not in render_page(results)


def test_names_are_names_and_not_markup() -> None:
    page = render_page(hostile())
    assert HOSTILE not in page
    assert "<script" not in page
    assert "&lt;script" in page
    assert Read(page).tags.count("style") == 1


class TestTheVerdict:
    def test_is_said_first(self) -> None:
        assert "<h1>Exact</h1>" in render_page(RUNS["exact"])
        assert "<h1>Not exact</h1>" in render_page(RUNS["not exact"])

    def test_is_not_exact_where_nothing_was_shown(self) -> None:
        page = render_page(RUNS["no rounds"])
        assert "<h1>No rounds</h1>" in page
        assert '<body class="inexact">' in page

    def test_says_why_no_further_round_was_played(self) -> None:
        page = render_page(Results((played(),), 500, 60.0, "port 5432 is <taken>"))
        assert "No further round could be played: port 5432 is &lt;taken&gt;" in page

    def test_lists_each_rule_with_the_rounds_that_broke_it(self) -> None:
        page = render_page(RUNS["not exact"])
        assert all(ruling.statement in page and ruling.name in page for ruling in (HOLDS, BROKEN))
        assert (page.count(">Holds<"), page.count(">Broken<")) == (1, 1)
        assert "Round 2: buyer-1 was told of a purchase that is gone" in page
        assert "and 4 more" in page


class TestTheFigures:
    def test_are_those_of_all_rounds(self) -> None:
        page = render_page(run_of(played(1), played(2, requests=(asked(lost(1.0)),), sold=1), wanted=9))
        tiles = dict(re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", page.partition("</dl>")[0]))
        assert tiles == {
            "Rounds": "2<small>of 9, in 60 s</small>",
            "Requests": "3<small>in 4 attempts</small>",
            "Unknown answers": "2<small>1 never resolved</small>",
            "Units sold": "3<small>of 4</small>",
        }

    def test_count_the_faults_by_kind(self) -> None:
        page = render_page(run_of(played(1), played(2)))
        rows = re.findall(r'<th scope="row">([a-z-]+)<small>(.+?)</small></th>.*?<td>(\d+)</td></tr>', page)
        assert [(kind, count) for kind, _, count in rows] == [("kill", "2"), ("pause", "2")]
        assert rows[0][1] == "SIGKILL of the whole server at a random moment"


class TestTheRounds:
    def test_are_all_there_in_their_order_with_what_repeats_them(self) -> None:
        page = render_page(run_of(*(played(number) for number in reversed(range(1, 121)))))
        found = re.findall(r'<tr><th scope="row">(\d+)<small>seed (\d+)</small>.*?<code>(.+?)</code>', page)
        expected = [(str(n), str(1000 + n), f"sellout torture --rounds 1 --seed {1000 + n}") for n in range(1, 121)]
        assert found == expected

    def test_come_in_groups_of_which_the_first_and_the_broken_ones_are_open(self) -> None:
        rounds = [played(number) for number in range(1, 3 * ROUNDS_IN_GROUP + 1)]
        rounds[-1] = broken(3 * ROUNDS_IN_GROUP)
        groups = re.findall(r'<details class="group"( open)?><summary>(.+?) <', render_page(run_of(*rounds)))
        assert groups == [(" open", "Rounds 1 to 50"), ("", "Rounds 51 to 100"), (" open", "Rounds 101 to 150")]

    def test_that_broke_a_rule_are_open_in_full_with_the_reason_and_the_history(self) -> None:
        page = render_page(run_of(*(played(number) for number in range(1, 40)), broken(40)))
        (opened,) = re.findall(r'<details class="round card" open>(.*?)</details>', page, re.DOTALL)
        assert "Round 40" in opened
        assert "buyer-1 was told of a purchase that is gone" in opened
        assert "torture-sqlite-1.jsonl" in opened
        assert '<svg class="timeline"' in opened

    def test_that_are_too_many_to_show_in_full_are_counted(self) -> None:
        page = render_page(run_of(*(broken(number) for number in range(1, 31))))
        assert "22 further rounds broke a rule" in page


class TestTheSize:
    def test_of_500_large_rounds_is_bounded(self) -> None:
        several = [large(number) for number in range(8)]
        page = render_page(run_of(*(replace(several[number % 8], number=number) for number in range(1, 501))))
        assert len(page.encode()) < PAGE_BYTES_MAX
        assert page.count('<tr><th scope="row">') > 500
        assert page.count('<svg class="timeline"') >= 2

    def test_of_more_rounds_than_there_is_room_for_says_how_many_are_left_out(self) -> None:
        page = render_page(run_of(*(played(number) for number in range(1, 4001))))
        assert len(page.encode()) < PAGE_BYTES_MAX
        left_out = int(re.findall(r"([\d,]+) further rounds would make this page too large", page)[0].replace(",", ""))
        assert page.count("<small>seed ") + left_out == 4000


def test_shapes_are_told_apart_without_colours() -> None:
    """Every mark of the legend has another outline."""
    page = render_page(RUNS["exact"])
    shapes = re.findall(r'<(circle|path) id="(\w+)" class="[\w-]+" (?:d="(.+?)"|r="(.+?)")/>', page)
    assert len({(kind, outline, radius) for kind, _, outline, radius in shapes}) == len(shapes) == 6


def test_both_themes_have_every_colour() -> None:
    page = render_page(RUNS["exact"])
    themes: dict[bool, set[str]] = {True: set(), False: set()}
    for dark, rules in re.findall(r"(@media \(prefers-color-scheme: dark\) {\s*)?:root {(.*?)}", page, re.DOTALL):
        themes[bool(dark)] |= set(re.findall(r"--([\w-]+):", rules))
    used = set(re.findall(r"var\(--([\w-]+)\)", page))
    assert themes[True] == themes[False]
    assert used == themes[True] | {"verdict", "tint"}
