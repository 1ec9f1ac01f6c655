"""What the terminal, programs and the page are told of a run."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from sellout.prove.evidence import Evidence
from sellout.prove.page import render_page
from sellout.prove.progress import Progress
from sellout.prove.rehearsal import Facts, Result
from sellout.prove.report import as_json, print_report, progress_bar
from sellout.prove.scenarios.holds import HOLDS
from sellout.prove.scenarios.rush import RULES, RUSH
from sellout.prove.verdict import judge
from tests.prove.asks import confirm, hold, release
from tests.prove.honest import (
    answer,
    answer_instead,
    audit,
    count_instead,
    counters,
    crowd,
    honest_run,
    rewrite,
    silence,
    sold_out,
)
from tests.prove.till import Till

HOSTILE = '<script src="https://evil.example/x.js">alert(1)</script>'


def result_of(evidence: Evidence, item: str = "prove-1") -> Result:
    started = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    facts = Facts("prove-1", item, "its own", "SQLite", 1, started, 1.5)
    return Result(RUSH, facts, evidence, judge(RUSH.rules, evidence))


def exact() -> Result:
    return result_of(honest_run(3, crowd(1, 1, 1, 1, doubled=(0,))))


def inexact() -> Result:
    return result_of(answer_instead(honest_run(3, crowd(1, 1, 1, 1)), 3, answer(500)))


def printed(result: Result, **options: object) -> str:
    out = io.StringIO()
    print_report(Console(file=out, width=100, **options), result)  # type: ignore[arg-type]
    return out.getvalue()


class TestTheTerminal:
    def test_says_the_verdict_first(self) -> None:
        assert re.search(r"\w[\w ]*\w", printed(exact())).group() == "EXACT"  # type: ignore[union-attr]
        assert re.search(r"\w[\w ]*\w", printed(inexact())).group() == "NOT EXACT"  # type: ignore[union-attr]

    def test_says_why_it_is_not_exact(self) -> None:
        assert "- buyer-3 was answered 500" in printed(inexact())

    def test_then_the_answers_the_latency_and_the_rate(self) -> None:
        words = printed(exact())
        places = [words.index(word) for word in ("EXACT", "Answers", "Latency", "p50", "Rate")]
        assert places == sorted(places)

    def test_does_not_boast_where_nothing_was_left_to_sell(self) -> None:
        evidence = answer_instead(honest_run(1, crowd(1)), 0, sold_out())
        empty = rewrite(evidence, purchases=(), before=counters(1, 1), after=counters(1, 1), own=False)
        words = printed(result_of(rewrite(empty, audit_before=audit(1, 1), audit_after=audit(1, 1))))
        assert "1 buyer came at one instant and nobody bought: nothing was left to sell." in words
        assert words.index("EXACT") > 0

    def test_is_plain_where_it_is_no_terminal(self) -> None:
        assert "\x1b" not in printed(exact())
        assert "\x1b[" in printed(exact(), force_terminal=True, color_system="standard")

    def test_takes_names_for_names_and_not_for_markup(self) -> None:
        named = honest_run(1, [replace(crowd(1)[0], buyer="[red]me")])
        assert "[red]me" in printed(result_of(answer_instead(named, 0, answer(500))))

    def test_draws_no_bar_where_it_is_no_terminal(self) -> None:
        out = io.StringIO()
        with progress_bar(Console(file=out)) as on_progress:
            on_progress(Progress("Buying", 1, 2))
        assert out.getvalue().strip() == ""

    def test_draws_a_bar_on_a_terminal(self) -> None:
        out = io.StringIO()
        with progress_bar(Console(file=out, force_terminal=True, width=80)) as on_progress:
            on_progress(Progress("Starting a server"))
            on_progress(Progress("Buying", 1, 2))
        assert "Buying" in out.getvalue()
        assert "1/2" in out.getvalue()

    def test_can_be_written_in_ascii(self) -> None:
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        print_report(Console(file=out, width=100), inexact())
        out.flush()


class TestPrograms:
    def test_get_plain_json(self) -> None:
        said = json.loads(json.dumps(as_json(exact())))
        assert said["verdict"] == "exact"
        assert said["run"]["started"] == "2026-07-01T12:00:00Z"
        assert said["answers"] == {"201": 4, "410": 1}
        assert said["counters"]["after"] == {"capacity": 3, "sold": 3, "held": 0, "available": 0}
        assert [rule["name"] for rule in said["rules"]] == [rule.name for rule in RULES]

    def test_get_the_findings(self) -> None:
        (rule,) = [rule for rule in as_json(inexact())["rules"] if not rule["holds"]]
        assert (rule["name"], rule["findings_total"]) == ("every_request_answered", 1)


class TestAScenario:
    """One that makes random choices and has more to tell than who bought."""

    def result(self, **changes: object) -> Result:
        till = Till({"item": 2})
        taken = till.ask(hold("ann", doubled=True))
        till.ask(confirm(taken, "ann"))
        till.ask(release(till.ask(hold(HOSTILE)), HOSTILE))
        evidence = rewrite(till.evidence(), **changes)
        facts = replace(exact().facts, seed=7, item=HOSTILE)
        return Result(HOLDS, facts, evidence, judge(HOLDS.rules, evidence))

    def test_is_named_with_its_seed_below_the_verdict(self) -> None:
        assert printed(self.result()).index("EXACT") < printed(self.result()).index("holds, seed 7")
        assert "holds, seed 7 · 1 July 2026" in render_page(self.result())

    def test_is_named_without_a_seed_where_there_are_no_choices(self) -> None:
        assert re.search(r"━ rush ━", printed(exact()))
        assert "rush · 1 July 2026" in render_page(exact())

    def test_tells_its_fates_as_counts(self) -> None:
        words = printed(self.result())
        assert "Buyers: 1 bought, 0 refunded, 1 released, 0 let expire, 0 refused, 0 unanswered" in words
        assert re.search(r"^ +2 +held +2 units *$", words, re.MULTILINE)
        assert re.search(r"^ +1 +released +1 unit *$", words, re.MULTILINE)
        assert '<th scope="row">Released</th><td>1 unit</td><td>1</td>' in render_page(self.result())

    def test_tells_programs_the_same(self) -> None:
        said = json.loads(json.dumps(as_json(self.result())))
        assert (said["scenario"], said["run"]["seed"]) == ("holds", 7)
        assert said["buyers"]["bought"] == said["buyers"]["released"] == 1
        assert said["fates"]["held"] == {"count": 2, "units": 2}
        assert {"fates", "items", "seed"}.isdisjoint({*as_json(exact()), *as_json(exact())["run"]})

    def test_says_what_a_status_means_there(self) -> None:
        assert "paying, or confirmed" in printed(self.result())

    def test_says_why_it_is_not_exact(self) -> None:
        result = self.result(holds=())
        assert "NOT EXACT" in printed(result)
        assert "was told of hold h-0, and the server has no such hold" in printed(result)
        assert "<h1>Not exact</h1>" in render_page(result)

    def test_takes_names_for_names_and_not_for_markup(self) -> None:
        assert "script" not in references(render_page(self.result(holds=()))).tags


class References(HTMLParser):
    """Collects the tags of a page, and everything in it that would load something or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        loading = {"src", "href", "srcset", "data", "poster", "action", "xlink:href", "style"}
        self.loads += [(name, value) for name, value in attrs if name in loading or name.startswith("on")]


def references(page: str) -> References:
    parser = References()
    parser.feed(page)
    return parser


class TestThePage:
    def test_says_the_verdict(self) -> None:
        assert "<h1>Exact</h1>" in render_page(exact())
        assert "<h1>Not exact</h1>" in render_page(inexact())

    @pytest.mark.parametrize("result", [exact(), inexact()], ids=["exact", "inexact"])
    def test_loads_nothing_and_runs_nothing(self, result: Result) -> None:
        page = render_page(result)
        found = references(page)
        assert found.loads == []
        assert {"script", "link", "img", "iframe", "base"}.isdisjoint(found.tags)
        assert not re.search(r"url\(|@import", page)

    def test_takes_names_for_names_and_not_for_markup(self) -> None:
        evidence = honest_run(3, [replace(order, buyer=HOSTILE) for order in crowd(1, 1)])
        page = render_page(result_of(evidence, item=HOSTILE))
        assert "script" not in references(page).tags
        assert "&lt;script" in page

    def test_lists_every_rule_and_every_answer(self) -> None:
        page = render_page(inexact())
        assert all(rule.name in page and rule.statement in page for rule in RULES)
        assert page.count("Broken") == 1
        assert "buyer-3 was answered 500" in page

    def test_says_how_many_more_there_are(self) -> None:
        evidence = count_instead(honest_run(1, crowd(*[1] * 50)), capacity=2, sold=1)
        assert "and 44 more" in render_page(result_of(evidence))

    def test_can_be_made_where_nothing_was_sold_or_answered(self) -> None:
        assert "<h1>Not exact</h1>" in render_page(result_of(answer_instead(honest_run(1, crowd(1)), 0, silence())))
        assert render_page(result_of(answer_instead(honest_run(1, crowd(1)), 0, sold_out())))

    def test_leaves_no_placeholder_open(self) -> None:
        assert "$" not in render_page(exact())
