"""A run whose answers and whose server's count do not fit is an error, never a figure."""

from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.crowd import check
from benchmarks.load import Load
from benchmarks.verify import Evidence, Expect, NotVerifiedError, verify, verify_census


def evidence(sold: int, failed: int = 0, socket_errors: int = 0, requests: int = 1000) -> Evidence:
    load = Load(requests, 1.0, 1000.0, 0.01, 0.02, failed=failed, socket_errors=socket_errors)
    return Evidence(load, connections=64, sold_before=500, sold_after=500 + sold)


def held(holds: int, confirmed: int, sold: int) -> Evidence:
    statuses = {201: holds, 200: confirmed}
    load = Load(1000, 1.0, 1000.0, 0.01, 0.02, statuses=statuses)
    return Evidence(load, connections=64, sold_before=500, sold_after=500 + sold)


@pytest.mark.parametrize(
    ("expect", "seen"),
    [
        (Expect.ANSWERED, evidence(sold=0)),
        (Expect.SOLD, evidence(sold=1000)),
        (Expect.SOLD, evidence(sold=1064)),  # sold, but wrk ended before the answer
        (Expect.SOLD_OR_FAILED, evidence(sold=990, failed=10, socket_errors=3)),
        (Expect.REFUSED, evidence(sold=0, failed=1000)),
        (Expect.CONFIRMED, held(500, 500, sold=500)),
        (Expect.CONFIRMED, held(532, 468, sold=500)),
    ],
)
def test_what_fits_is_verified(expect: Expect, seen: Evidence) -> None:
    verify("subject", expect, seen)


@pytest.mark.parametrize(
    ("expect", "seen", "reason"),
    [
        (Expect.ANSWERED, evidence(sold=0, requests=0), "no request"),
        (Expect.ANSWERED, evidence(sold=0, failed=1), "1 of 1000 answers were no success"),
        (Expect.ANSWERED, evidence(sold=0, socket_errors=1), "1 socket errors"),
        (Expect.SOLD, evidence(sold=999, failed=1), "no success"),
        (Expect.SOLD, evidence(sold=1000, socket_errors=2), "2 socket errors"),
        (Expect.SOLD, evidence(sold=999), "1000 sales were acknowledged, but the server counts 999"),
        (Expect.SOLD, evidence(sold=1065), "counts 1065"),
        (Expect.SOLD_OR_FAILED, evidence(sold=989, failed=10), "counts 989"),
        (Expect.REFUSED, evidence(sold=0, failed=999), "1 of 1000 answers were no refusal"),
        (Expect.REFUSED, evidence(sold=1, failed=1000), "1 units were sold"),
        (Expect.CONFIRMED, evidence(sold=500, failed=1), "1 of 1000 answers were no success"),
        (Expect.CONFIRMED, held(500, 500, sold=499), "500 sales were acknowledged, but the server counts 499"),
        (Expect.CONFIRMED, held(500, 500, sold=1000), "counts 1000"),
        (Expect.CONFIRMED, held(490, 510, sold=510), "490 holds were taken, but 510 confirmed"),
        (Expect.CONFIRMED, held(533, 467, sold=467), "533 holds were taken, but 467 confirmed"),
        (Expect.CONFIRMED, held(500, 499, sold=499), "of 1000 answers 500 were holds and 499 confirmations"),
    ],
)
def test_what_does_not_fit_is_an_error(expect: Expect, seen: Evidence, reason: str) -> None:
    with pytest.raises(NotVerifiedError, match=f"subject at 64 connections: .*{reason}"):
        verify("subject", expect, seen)


def test_a_census_admits_only_what_the_subject_may_answer() -> None:
    verify_census("seed", frozenset({200, 500}), {200: 90})
    with pytest.raises(NotVerifiedError, match="503"):
        verify_census("sold-out", frozenset({410}), {410: 90, 503: 1})
    with pytest.raises(NotVerifiedError):
        verify_census("sold-out", frozenset({410}), {})


def test_a_crowd_must_get_exactly_its_units() -> None:
    from collections import Counter

    check(Counter({201: 100, 410: 900}), {201: 100, 410: 900})
    with pytest.raises(NotVerifiedError):
        check(Counter({201: 100, 410: 894, 500: 6}), {201: 100, 410: 900})


def test_an_unverified_run_fails_the_command_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def visit(*_: object) -> list[object]:
        verify("buy", Expect.SOLD, evidence(sold=999))
        return []

    monkeypatch.setattr("benchmarks.run.wrk_path", lambda: "wrk")
    monkeypatch.setattr("benchmarks.measure.visit", visit)
    document = tmp_path / "benchmarks.md"
    assert run.main(["--dir", str(tmp_path), "--output", str(document)]) == 1
    assert "benchmark failed: buy at 64 connections" in capsys.readouterr().err
    assert not document.exists()
