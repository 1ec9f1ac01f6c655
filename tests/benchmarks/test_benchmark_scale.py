"""What follows from a price, and a short real measurement."""

import pytest

from benchmarks import scale
from benchmarks.scale import Look, Price

PRICE = Price("purchase", 250, 20.0, 10.0, 1000.0, 9.0)


def test_a_price_is_the_difference_between_two_looks() -> None:
    before = Look(wal=1_000, database=5.0, sellout=1.0, moment=100.0)
    after = Look(wal=501_000, database=5.01, sellout=1.005, moment=100.2)
    found = scale.price_of("purchase", 250, before, after, 500)
    assert (found.what, found.batch, found.wal_bytes) == ("purchase", 250, 1000)
    assert found.database_us == pytest.approx(20)
    assert found.sellout_us == pytest.approx(10)
    assert found.batch_ms == pytest.approx(100)


def test_the_middle_of_several_rounds() -> None:
    rounds = [PRICE, Price("purchase", 250, 30.0, 8.0, 1100.0, 10.0), Price("purchase", 250, 90.0, 90.0, 900.0, 90.0)]
    assert scale.middle(rounds) == Price("purchase", 250, 30.0, 10.0, 1000.0, 10.0)


def test_many_items_use_all_cores_and_one_item_waits_for_its_commits() -> None:
    assert scale.carried(32, 20.0, 0.5) == 800_000
    assert scale.one_item(PRICE, 5.0) == pytest.approx(25_000)  # 250 in 5 ms of work and 5 ms of waiting
    assert scale.one_item(PRICE, 0.0) == pytest.approx(50_000)


def test_what_is_measured_and_what_is_computed_are_told_apart() -> None:
    refusal, http = (Price(what, 250, 5.0, 4.0, 0.0, 1.0) for what in ("refusal", "purchase over HTTP"))
    measured, computed = scale.table([PRICE, refusal, http]), scale.computed([PRICE, refusal, http])
    assert measured.startswith("measured:")
    assert len(measured.splitlines()) == 5
    assert computed.startswith("computed:")
    assert "800,000" in computed
    assert len(computed.splitlines()) == 3


def test_a_short_measurement(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(scale, "BATCHES", (50,))
    monkeypatch.setattr(scale, "COMMANDS", 500)
    monkeypatch.setattr(scale, "LARGE", 10_000)
    monkeypatch.setattr(scale, "wrk_path", lambda: None)
    assert scale.main(["--rounds", "1", "--large"]) == 0
    lines = capsys.readouterr().out.splitlines()
    name, batch, _, _, wal, _ = lines[2].split()
    assert (name, batch) == ("purchase", "50")
    assert int(wal.replace(",", "")) > 200
    assert lines[3].split()[0] == "refusal"
    assert "measured: after 10,000 purchases" in lines
    assert lines[-3].startswith("first 5000")
