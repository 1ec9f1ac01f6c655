"""What flat is: synthetic leaks are found by the rule that is for them, and by no other; noise and growth are none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle

import pytest

from benchmarks.soak import __main__ as command
from benchmarks.soak import flat
from benchmarks.soak.document import markdown, picture
from benchmarks.soak.flat import MEBI, RULES
from benchmarks.soak.page import render
from benchmarks.soak.plots import plots, rates
from benchmarks.soak.report import Report
from benchmarks.soak.samples import Sample, Scene, Soaked
from benchmarks.soak.words import smallest_leak
from sellout.history.verdict import judge

EVERY = 5.0
LOOKS = 360  # half an hour
NOISE = [0, 3, -2, 5, 1, -4, 2]


def sample(number: int, noise: int) -> Sample:
    """A healthy look: memory jumps up while it warms up, and moves a little afterwards."""
    warming = min(number, 30) * MEBI
    return Sample(
        at=EVERY * number, memory=100 * MEBI + warming + noise * MEBI // 8, files=60 + 10 * (noise + 4),
        threads=20 + noise, database=(1 + number) * MEBI, wal=abs(noise) * MEBI, purchases=100 * (number + 1),
        p50_ms=5.0 + noise, p99_ms=20.0 + noise,
    )  # fmt: skip


SAMPLES = [sample(number, noise) for number, noise in zip(range(LOOKS), cycle(NOISE), strict=False)]
FLAT = Soaked(
    engine="SQLite", workers=1, seconds=SAMPLES[-1].at, samples=SAMPLES, scenes=[Scene("rush", 1.0, 2.0)],
    answers={"buying": {"201": 7}}, events=3, hooks=4, server_exit=0, audit_exit=0,
)  # fmt: skip


def broken(soaked: Soaked) -> list[str]:
    return [ruling.name for ruling in judge(RULES, soaked).broken]


def changed(change: Callable[[Sample], Sample], samples: Sequence[Sample] = SAMPLES) -> Soaked:
    return replace(FLAT, samples=[change(one) for one in samples])


def test_noise_a_warm_up_and_a_database_that_grows_are_flat() -> None:
    assert broken(FLAT) == []


def leaking(an_hour: float) -> Callable[[Sample], Sample]:
    return lambda one: replace(one, memory=one.memory + int(an_hour * one.at / 3600))


def test_memory_that_is_never_given_back_is_found() -> None:
    assert broken(changed(leaking(1.2 * flat.MEMORY_AN_HOUR_MAX))) == ["memory_is_flat"]
    assert broken(changed(leaking(0.8 * flat.MEMORY_AN_HOUR_MAX))) == []
    assert broken(changed(leaking(-10 * flat.MEMORY_AN_HOUR_MAX))) == []


def test_an_item_that_is_added_may_cost_a_little_memory() -> None:
    def growing(of_each: float) -> Soaked:
        step = flat.MEMORY_AN_HOUR_MAX / 3600 * EVERY  # of each look, and another item with it
        items = int(step / flat.MEMORY_AN_ITEM_MAX) + 1
        each = flat.MEMORY_AN_ITEM_MAX * of_each
        return changed(
            lambda one: replace(
                one, items=int(items * one.at / EVERY), memory=one.memory + int(each * items * one.at / EVERY)
            )
        )

    assert broken(growing(1.2)) == []
    assert broken(growing(3.0)) == ["memory_is_flat"]


def test_one_look_that_is_far_off_is_no_leak() -> None:
    assert broken(changed(lambda one: replace(one, memory=900 * MEBI) if one.at == 1000 else one)) == []


def test_in_a_short_soak_memory_may_move_a_little() -> None:
    short = [replace(one, memory=100 * MEBI + 200_000 * number) for number, one in enumerate(SAMPLES[:20])]
    assert broken(replace(FLAT, samples=short)) == []
    steep = [replace(one, memory=100 * MEBI + MEBI * number) for number, one in enumerate(SAMPLES[:20])]
    assert broken(replace(FLAT, samples=steep)) == ["memory_is_flat"]


def test_files_that_are_never_closed_are_found_among_connections_that_come_and_go() -> None:
    assert broken(changed(lambda one: replace(one, files=one.files + int(one.at / 60)))) == ["files_are_closed"]
    assert broken(changed(lambda one: replace(one, files=one.files + (200 if one.at % 60 == 0 else 0)))) == []


def test_what_is_opened_while_it_warms_up_is_no_leak() -> None:
    opened_at = [0.2 * FLAT.seconds, 0.4 * FLAT.seconds]
    early, late = (
        changed(lambda one, at=at: replace(one, files=one.files + (20 if one.at > at else 0)))  # type: ignore[misc]
        for at in opened_at
    )
    assert broken(early) == []
    assert broken(late) == ["files_are_closed"]


def test_threads_have_a_limit_for_each_worker() -> None:
    many = changed(lambda one: replace(one, threads=flat.THREADS_A_WORKER_MAX + (one.at > 1500)))
    assert broken(many) == ["threads_are_bounded"]
    assert broken(replace(many, workers=2)) == []


def test_a_log_beyond_its_engine_s_limit_is_found() -> None:
    large = changed(lambda one: replace(one, wal=65 * MEBI) if one.at == 500 else one)
    assert broken(large) == ["log_is_bounded"]
    assert broken(replace(large, engine="PostgreSQL")) == []


def test_a_shop_that_stops_selling_is_found() -> None:
    stopped = changed(lambda one: replace(one, purchases=min(one.purchases, 20_000)))
    assert broken(stopped) == ["never_stops_selling"]


@pytest.mark.parametrize(
    ("soaked", "rule"),
    [
        (replace(FLAT, wrong=["buying was answered 500"]), "answers_are_right"),
        (replace(FLAT, scenes=[Scene("rush", 1.0, 2.0, ("Never oversold.",))]), "scenarios_are_exact"),
        (replace(FLAT, scenes=[]), "scenarios_are_exact"),
        (replace(FLAT, audit_exit=1, audit_said="not consistent"), "audit_is_consistent"),
        (replace(FLAT, audit_exit=None), "audit_is_consistent"),
        (replace(FLAT, server_exit=-9), "stops_cleanly"),
        (replace(FLAT, samples=SAMPLES[:8]), "long_enough"),
    ],
)  # fmt: skip
def test_what_else_must_be_right(soaked: Soaked, rule: str) -> None:
    assert broken(soaked) == [rule]


def test_the_slope_is_that_of_most_pairs() -> None:
    assert flat.slope([(at, 3.0 * at + 1) for at in range(10)]) == pytest.approx(3.0)
    assert flat.slope([*((at, 3.0 * at) for at in range(10)), (10, -1000.0)]) == pytest.approx(3.0)
    assert flat.slope([(0, 1.0)]) == 0.0
    assert flat.slope([(at, 2.0 * at) for at in range(5 * flat.SLOPE_SAMPLES_MAX)]) == pytest.approx(2.0)


def test_the_database_is_told_for_each_purchase() -> None:
    assert flat.bytes_a_purchase(SAMPLES) == pytest.approx(MEBI / 100)
    assert flat.bytes_a_purchase([]) is None


def test_a_soak_says_which_leak_it_cannot_see() -> None:
    assert smallest_leak(FLAT) == "a leak of less than 24 MiB an hour would not be seen in a run of this length"
    assert "too short" in smallest_leak(replace(FLAT, samples=SAMPLES[:5]))


def test_purchases_a_second_are_those_since_the_look_before() -> None:
    assert {one.purchases for one in rates(SAMPLES)} == {20}
    drawn = {plot.title: plot for plot in plots(FLAT)}
    assert drawn["Purchases a second"].top == "20"
    assert all(0 <= y <= 1 for plot in drawn.values() for line in plot.lines for _, y in line.points)


def report(soaked: Soaked) -> Report:
    return Report(
        date="today", command="make soak ARGS='<b>'", rate=20, seed=1, soaked=soaked, verdict=judge(RULES, soaked),
        hardware={"cores": "2"}, disk="ext4", versions={"python": "3"},
    )  # fmt: skip


def test_the_pages_say_whether_it_was_flat_and_what_was_not() -> None:
    good, bad = report(FLAT), report(replace(FLAT, wrong=["GET / was answered 500 <i>"]))
    assert "Flat: 36,000 purchases and 1 scenarios" in markdown(good)
    assert "Not flat: 1 of 10 rules is broken." in markdown(bad)
    assert "| **broken**: GET / was answered 500 <i> |" in markdown(bad)
    page = render(bad)
    assert "<h1>Not flat</h1>" in page
    assert "GET / was answered 500 &lt;i&gt;" in page
    assert "<script" not in page
    for plot in plots(FLAT):
        assert plot.title in page
        assert plot.title in picture(good)


def test_bad_options_are_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--dir", "/nowhere"]) == 2
    assert capsys.readouterr().err == "--dir: there is no folder /nowhere\n"
    with pytest.raises(SystemExit):
        command.options(["--minutes", "0"])
    assert "0 is not between 0.1 and 10080" in capsys.readouterr().err
