"""The subjects on PostgreSQL and Redis: loads taken together, what is missing, and a short real run of each."""

import tempfile
from pathlib import Path

import pytest

from benchmarks import database, redis_design, run, subjects_networked
from benchmarks.load import Load, share, together
from benchmarks.measure import fresh_folder, visit
from benchmarks.subjects import SUBJECTS
from benchmarks.subjects_networked import ALL, NETWORKED
from benchmarks.verify import NotVerifiedError

SHORT = sorted(NETWORKED)


# Not pytest's own folder: pytest closes that to other users, of whom the server is one, whenever it starts.
BASE = Path(tempfile.gettempdir())


def test_connections_are_shared_among_nodes() -> None:
    assert share(512, 1) == [512]
    assert share(512, 2) == [256, 256]
    assert sorted(share(7, 3)) == [2, 2, 3]
    assert share(1, 2) == [1, 1]  # each node is measured


def test_loads_at_once_are_one_load() -> None:
    fast = Load(requests=1000, seconds=2.0, rate=500, p50=0.1, p99=0.2, failed=1, statuses={201: 999, 503: 1})
    slow = Load(requests=100, seconds=2.1, rate=50, p50=0.5, p99=0.9, socket_errors=2, late=1, statuses={201: 100})
    both = together([fast, slow])
    assert (both.requests, both.seconds, both.rate) == (1100, 2.1, 550)
    assert (both.p50, both.p99) == (0.5, 0.9)
    assert (both.failed, both.socket_errors, both.late) == (1, 2, 1)
    assert both.statuses == {201: 1099, 503: 1}
    assert together([fast]) == fast


def test_they_are_measured_only_when_asked_for() -> None:
    assert run.names_of(run.options([])) == list(SUBJECTS)
    assert run.names_of(run.options(["--postgres"])) == list(ALL)
    assert run.names_of(run.options(["--subjects", "redis-lua", "buy", "buy"])) == ["redis-lua", "buy"]
    assert run.destination(run.options(["--postgres"])) == run.DOCUMENT


def test_what_is_not_installed_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.subjects_networked.shutil.which", lambda _: None)
    subjects, reasons = run.available(run.options(["--subjects", "no-op", "redis-lua"]))
    assert [subject.name for subject in subjects] == ["no-op"]
    assert reasons == [
        "redis-lua was not measured: redis-server is not installed (apt-get install redis-server)",
    ]


def test_commands_of_redis() -> None:
    assert redis_design.encode(("GET", "käse")) == b"*2\r\n$3\r\nGET\r\n$5\r\nk\xc3\xa4se\r\n"


@pytest.mark.tools
@pytest.mark.parametrize("name", SHORT)
def test_a_short_run(name: str) -> None:
    subject = ALL[name]
    (measured,) = visit(subject, BASE, [8], 1, lambda _: None)
    assert measured.rate > 0
    assert measured.load.failed == 0
    assert measured.cpu_seconds is None or measured.cpu_seconds > 0


def test_the_audit_of_a_textbook_design_finds_a_missing_purchase() -> None:
    subject = NETWORKED["textbook-postgres"]
    with fresh_folder(BASE) as folder, subject.serving(folder) as server:
        assert server.database is not None
        server.database.value(
            "INSERT INTO purchases (item_id, buyer, quantity) VALUES ('benchmark', 'a', 1) RETURNING 1"
        )
        with pytest.raises(NotVerifiedError, match="add up"):
            subject.audit(server)


def test_a_server_that_is_not_durable_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.database.DURABLE", database.DURABLE | {"fsync": "off"})
    with pytest.raises(database.NotDurableError, match="not durable"):
        database.fresh(BASE)


@pytest.mark.tools
def test_redis_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects_networked, "STOP_SECONDS", 0.2)
    with pytest.raises(Exception, match="redis"), subjects_networked.RedisLua().serving(tmp_path / "none"):
        pass
