"""The yardstick of the comparison: each error is seen where it was planted, and nothing where none was."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.peers import __main__ as command
from benchmarks.peers import bars
from benchmarks.peers.designs import DESIGNS
from benchmarks.peers.document import markdown, picture
from benchmarks.peers.judge import Seen, Told, Verdict, judge
from benchmarks.peers.page import render
from benchmarks.peers.play import Plan, Run, invited
from benchmarks.peers.report import Report
from benchmarks.peers.rush import told_by
from benchmarks.peers.table import rows, verdict_in_words

STOCK = 3
BOUGHT, ALREADY, REFUSED, NOTHING = Told.BOUGHT, Told.ALREADY, Told.REFUSED, Told.NOTHING


def seen(told: Sequence[Told], recorded: Sequence[str | None], left: int = 0) -> Seen:
    """Buyers a, b, c, ... and what they were told."""
    return Seen(STOCK, dict(zip("abcdefgh", told, strict=False)), recorded, left)


def errors(verdict: Verdict) -> dict[str, int]:
    """What is not zero of the errors."""
    kinds = ("oversold", "undersold", "lost", "doubled", "untold", "adrift")
    return {kind: getattr(verdict, kind) for kind in kinds if getattr(verdict, kind)}


EXACT = seen([BOUGHT, BOUGHT, BOUGHT, REFUSED], ["a", "b", "c"])


def test_a_shop_that_sold_exactly_is_exact() -> None:
    verdict = judge(EXACT)
    assert verdict.exact
    assert (verdict.acknowledged, verdict.recorded, verdict.unanswered) == (3, 3, 0)


def test_where_too_few_came_what_is_left_is_not_undersold() -> None:
    assert judge(seen([BOUGHT, BOUGHT], ["a", "b"], left=1)).exact


@pytest.mark.parametrize(
    ("what_was_seen", "found"),
    [
        (seen([BOUGHT] * 4, ["a", "b", "c", "d"], left=-1), {"oversold": 1}),
        (seen([BOUGHT] * 4, ["a", "b", "c", "d"]), {"oversold": 1, "adrift": 1}),  # written back over each other
        (seen([BOUGHT] * 5, ["a", "b", "c"]), {"oversold": 2, "lost": 2}),  # promised, and never on record
        (seen([BOUGHT, BOUGHT, REFUSED, REFUSED], ["a", "b"]), {"undersold": 1, "adrift": 1}),
        (seen([BOUGHT, BOUGHT, REFUSED], ["a", "b"], left=1), {"undersold": 1}),
        (seen([BOUGHT, BOUGHT, BOUGHT, REFUSED], ["a", "b"]), {"lost": 1, "adrift": 1}),
        (seen([BOUGHT, BOUGHT, ALREADY, REFUSED], ["a", "b"]), {"lost": 1, "adrift": 1}),  # told on asking again
        (seen([BOUGHT, BOUGHT, REFUSED], ["a", "a", "b"]), {"doubled": 1}),
        (seen([BOUGHT, BOUGHT, REFUSED], ["a", "b", "c"]), {"untold": 1}),
        (seen([BOUGHT, BOUGHT, NOTHING], ["a", "b", "c"]), {"untold": 1}),
        (seen([BOUGHT, BOUGHT, REFUSED], ["a", "b", "z"]), {"untold": 1}),  # a buyer who never came
    ],
)
def test_each_error_is_found_and_no_other(what_was_seen: Seen, found: dict[str, int]) -> None:
    verdict = judge(what_was_seen)
    assert errors(verdict) == found
    assert not verdict.exact


def test_records_without_names_are_counted_against_what_buyers_were_told() -> None:
    assert judge(replace(EXACT, recorded=[None] * 3)).exact
    assert errors(judge(seen([BOUGHT, BOUGHT, REFUSED], [None] * 3))) == {"doubled": 1}
    assert errors(judge(seen([BOUGHT, BOUGHT, BOUGHT, REFUSED], [None] * 2, left=1))) == {"lost": 1}


def test_what_is_lost_is_not_undersold_as_well() -> None:
    verdict = judge(seen([BOUGHT, BOUGHT, REFUSED], ["a"]))
    assert (verdict.lost, verdict.undersold) == (1, 1)


def test_who_has_no_answer_is_counted_and_is_no_error_of_the_stock() -> None:
    verdict = judge(seen([BOUGHT, BOUGHT, BOUGHT, NOTHING], ["a", "b", "c"]))
    assert verdict.exact
    assert verdict.unanswered == 1


def test_what_an_answer_tells() -> None:
    assert told_by(201, frozenset()) is BOUGHT
    assert told_by(410, frozenset({409})) is REFUSED
    assert told_by(409, frozenset({409})) is ALREADY
    assert told_by(409, frozenset()) is REFUSED


def test_the_seed_makes_the_same_buyers_again() -> None:
    from random import Random

    one, two, other = (invited(20, Random(name)) for name in ("1", "1", "2"))
    assert [(buyer.name, buyer.key) for buyer in one] == [(buyer.name, buyer.key) for buyer in two]
    assert [buyer.key for buyer in one] != [buyer.key for buyer in other]
    assert len({buyer.key for buyer in one}) == 20


def run_of(design: str, what_was_seen: Seen, victim: str | None = None, seconds: float = 1.0) -> Run:
    return Run(design, victim, judge(what_was_seen), seconds, seconds / 2, asked=4, errors=0, silences=0)


OVERSOLD = seen([BOUGHT] * 4, ["a", "b", "c", "d"], left=-1)


def test_runs_become_rows_with_the_least_and_the_most() -> None:
    (row,) = rows([run_of("textbook", EXACT), run_of("textbook", OVERSOLD, seconds=2.5)])
    assert row.exact_runs == 1
    assert not row.exact
    assert row.units("oversold") == "0 to 1"
    assert row.seconds("seconds") == "1.00 to 2.50 s"
    assert verdict_in_words(row, named=True) == "oversold 0 to 1"


def test_a_killed_run_is_a_row_of_its_own() -> None:
    calm, killed = rows([run_of("seed", EXACT), run_of("seed", seen([BOUGHT, BOUGHT], [None] * 3), "the application")])
    assert verdict_in_words(calm, named=False) == "exact"
    assert verdict_in_words(killed, named=False) == "doubled or untold 1"


def test_only_a_stock_that_disagrees_with_the_records_is_no_exact_run() -> None:
    (row,) = rows([run_of("seed", replace(EXACT, left=1))])
    assert verdict_in_words(row, named=True) == "its stock is 1 off its own records"


def test_a_bar_shows_what_became_of_each_unit() -> None:
    verdict = judge(seen([BOUGHT, BOUGHT, BOUGHT, BOUGHT, REFUSED], ["a", "a", "b"]))
    drawn = bars.parts(verdict, STOCK)
    assert [(part.kind, part.units) for part in drawn] == [(bars.GOOD, 2), (bars.SURPLUS, 1), (bars.LOST, 2)]
    assert drawn[-1].end == pytest.approx(5 / 3 * bars.line(STOCK))
    assert [part.kind for part in bars.parts(judge(OVERSOLD), STOCK)] == [bars.GOOD, bars.OVER]
    assert not bars.cut(judge(OVERSOLD), STOCK)
    assert bars.cut(judge(seen([BOUGHT] * 8, list("abcdefgh"))), STOCK)


def report() -> Report:
    runs = [run_of("sellout", EXACT), run_of("read-then-write", OVERSOLD), run_of("seed", EXACT, "the application")]
    return Report(
        date="today", command="make peers ARGS='<b>'", plan=Plan(4, STOCK, 1), runs=1, rows=rows(runs),
        hardware={"cores": "2"}, disk="ext4", versions={"python": "3"},
    )  # fmt: skip


def test_the_pages_say_who_was_exact_and_who_was_not() -> None:
    assert report().exact == ["sellout", "seed"]
    written, page, drawn = markdown(report()), render(report()), picture(report())
    assert "Exact in every run: Sellout on SQLite, The seed’s design." in written
    assert "| Read, look, write back | nothing | 4 | 4 | **1** | 0 | 0 | 0 | 0 | 0 of 1 |" in written
    assert "make peers ARGS=&#x27;&lt;b&gt;&#x27;" in page
    assert "<script" not in page
    for said in (page, drawn):
        assert said.count("oversold 1<") == 1
        assert "Read, look, write back" in said


def test_every_design_says_how_it_could_be_mended() -> None:
    assert all(design.mending and design.says for design in DESIGNS.values())


def test_what_is_missing_is_said_before_anything_is_played(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.subjects_networked.shutil.which", lambda _: None)
    assert command.main(["--designs", "sellout", "redis-queued", "--dir", "/nowhere"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("--dir: there is no folder /nowhere")
    assert said[1].startswith("redis-server is not installed: apt-get install redis-server")


def test_a_run_of_some_designs_leaves_the_document_alone() -> None:
    assert command.destination(command.options([])) == command.DOCUMENT
    assert command.destination(command.options(["--designs", "seed"])) is None
    assert command.destination(command.options(["--no-write"])) is None
    with pytest.raises(SystemExit):
        command.options(["--buyers", "1000000"])
