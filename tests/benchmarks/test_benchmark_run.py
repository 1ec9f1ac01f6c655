"""The command: its options, its exit codes, and the document it writes."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import full, run
from benchmarks.crowd import crowd
from benchmarks.full import MEBI, Full, Memory
from benchmarks.load import Load
from benchmarks.machine import Disk, file_system
from benchmarks.measure import Run
from benchmarks.report import Report, markdown, show
from benchmarks.results import goals, summarise

LOAD = Load(requests=1000, seconds=1.0, rate=1.0, p50=0.0015, p99=0.0123, failed=25)
RUNS = [Run(name, 512, rate, LOAD, 0.05) for name, rate in (("no-op", 50_000.0), ("seed", 100.0), ("buy", 25_000.0))]
FULL = Full(1_000_123, 20_000, 18_000, Memory(100 * MEBI, 90 * MEBI, 92 * MEBI), crowd([(0.25, 0.3)]))


def report(extra: Full | None = None) -> Report:
    rows = summarise(RUNS)
    return Report(
        date="2030-01-02 03:04 UTC",
        command="make bench",
        hardware={"processor": "a processor", "cores": "2"},
        disk=Disk("ext4", 0.000355),
        versions={"python": "3.11.0", "wrk": "4.1.0"},
        rounds=3,
        seconds=5,
        rows=rows,
        goals=[*goals(rows), *full.goals(extra)],
        full=extra,
        notes=["a note"],
    )


def test_the_document_says_what_was_measured_and_where() -> None:
    text = markdown(report())
    assert "Measured on 2030-01-02 03:04 UTC with `make bench`." in text
    assert "| buy | 25,000 | 0% | 0.5 | 1.5 | 12.3 | 0.05 | 1 |" in text
    assert "| seed (2.5% errors) | 100 |" in text
    assert "against the ceiling, at 512 connections | 0.50 | at least 0.6 (aim 0.8) | not met |" in text
    assert "against the seed's design, at 512 connections | 250.00 | at least 100 | met |" in text
    assert "- databases on: ext4" in text
    assert "median): 0.355 ms" in text
    assert "- wrk: 4.1.0" in text
    assert text.count("not measured") == 10


def test_every_table_of_the_document_is_well_formed() -> None:
    blocks = [part.splitlines() for part in markdown(report(FULL)).split("\n\n") if part.startswith("|")]
    assert len(blocks) == 2
    for lines in blocks:
        assert len({line.count("|") for line in lines}) == 1


def test_the_document_of_a_full_run() -> None:
    text = markdown(report(FULL))
    assert "against an empty one | 0.90 | at least 0.85 | met |" in text
    assert "1000 connections that buy | 100.00 MiB | at most 150 MiB | met |" in text
    assert "against before | 1.02 | at most 1.1 | met |" in text
    assert "1000 no-ops | 1.20 | at most 2 | met |" in text
    assert "- resident memory after them: 92 MiB" in text


def test_the_terminal_shows_the_same_figures() -> None:
    out = StringIO()
    show(report(FULL), Console(file=out, width=160))
    assert "25,000" in out.getvalue()
    assert "not met" in out.getvalue()
    assert "a note" in out.getvalue()


def test_the_crowd_is_the_median_of_its_pairs() -> None:
    found = crowd([(0.2, 0.3), (0.4, 0.4), (0.1, 0.5)])
    assert (found.no_op, found.sellout) == (0.2, 0.4)
    assert found.ratio == pytest.approx(1.5)


def test_without_wrk_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.run.wrk_path", lambda: None)
    assert run.main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install wrk" in said
    assert "brew install wrk" in said


def test_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.run.wrk_path", lambda: "wrk")
    assert run.main(["--dir", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("--dir: there is no folder")


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--subjects", "nothing"], ["--seconds", "soon"]])
def test_bad_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_code:
        run.options(words)
    assert exit_code.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_lists_may_be_given_at_once_or_one_by_one() -> None:
    assert run.options(["--connections", "64", "512"]).connections == [64, 512]
    assert run.options(["--connections", "64", "--connections", "512"]).connections == [64, 512]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ([], run.DOCUMENT),
        (["--full"], run.DOCUMENT),
        (["--no-write"], None),
        (["--subjects", "no-op", "buy"], None),
        (["--connections", "64"], None),
        (["--subjects", "buy", "--output", "here.md"], Path("here.md")),
        (["--output", "here.md", "--no-write"], None),
    ],
)
def test_only_a_whole_run_replaces_the_document(words: list[str], path: Path | None) -> None:
    assert run.destination(run.options(words)) == path


def test_the_command_can_be_typed_again() -> None:
    assert run.given([]) == "make bench"
    assert run.given(["--full", "--rounds", "5"]) == "make bench ARGS='--full --rounds 5'"


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nmemory {tmp_path} tmpfs rw 0 0\nother {tmp_path}/else xfs rw 0 0\n")
    assert file_system(tmp_path, mounts) == "tmpfs"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == "unknown"
