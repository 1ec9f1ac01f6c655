"""Arming: by the environment alone, in every process, and never halfway."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sellout.torture.victim.arming import EXIT_BADLY_ARMED, PATH, VARIABLE, Arming, Switches, armed, throw
from sellout.torture.victim.switches import Switchboard
from tests.torture.victim.arena import run

SHOW = "import apsw, sys; print(apsw.vfs_names()[0], 'asyncpg' in sys.modules)"


def test_a_process_that_is_armed_has_its_faults_and_one_that_is_not_has_none() -> None:
    assert run("-c", SHOW, arming=Arming(power_loss=True)).stdout == "torture-power False\n"
    assert run("-c", SHOW, arming=Arming()).stdout == "unix False\n"
    assert run("-c", SHOW).stdout == "unix False\n"


def test_the_folder_in_the_path_alone_arms_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PATH)}
    show = "import sys; print(any(name.startswith('sellout') for name in sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", show], env=environment, text=True) == "False\n"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ('{"kill_at": "at_noon"}', "at_noon"),
        ('{"kill": 1}', "unknown field"),
        ('{"kill_after": 0}', ">= 1"),
        ("{", "truncated"),
    ],
)
def test_what_cannot_be_armed_does_not_run(document: str, says: str) -> None:
    environment = {**armed(Arming(), os.environ), VARIABLE: document}
    done = subprocess.run(
        [sys.executable, "-c", "print('runs')"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (EXIT_BADLY_ARMED, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1, "one sentence and no traceback"


def test_a_sitecustomize_that_we_stand_before_is_run_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.first = 'theirs'")
    environment = armed(Arming(power_loss=True), {**os.environ, "PYTHONPATH": str(tmp_path)})
    show = f"import sys; print(sys.first); {SHOW}"
    assert subprocess.check_output([sys.executable, "-c", show], env=environment, text=True) == (
        "theirs\ntorture-power False\n"
    )


def test_switches_are_seen_as_they_are_thrown(tmp_path: Path) -> None:
    control = tmp_path / "control"
    switchboard = Switchboard(str(control))
    assert switchboard.look() == Switches()
    for offset in range(20):
        throw(control, Switches(disk_full=True, clock_offset_seconds=offset))
        assert switchboard.look() == Switches(disk_full=True, clock_offset_seconds=offset)
