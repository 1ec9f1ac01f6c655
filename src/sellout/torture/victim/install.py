"""Arming a process: which faults are put in, and in which order the file systems stand.

May touch: the libraries that this process stands on, and the module `time`.
"""

import os
import sys
from collections.abc import Callable

from sellout.torture.victim import clock, disk, in_sqlite
from sellout.torture.victim.arming import CHECKPOINT_PAGES, Arming
from sellout.torture.victim.moments import Passed
from sellout.torture.victim.points import Fuse
from sellout.torture.victim.power import Power
from sellout.torture.victim.switches import Switchboard


def install(arming: Arming) -> None:
    """Put in what the document names."""
    switchboard = Switchboard(arming.control)
    last_words = _install_disk(arming, switchboard)
    if arming.kill_at is not None:
        _install_points(arming, Fuse(arming, last_words).passed)
    if pragmas := _pragmas(arming):
        in_sqlite.set_instead(pragmas)
    if arming.control is not None:
        clock.jump(lambda: switchboard.look().clock_offset_seconds)
    if arming.clock_jump_after_seconds is not None:
        clock.jump(clock.once(arming.clock_jump_after_seconds, arming.clock_jump_seconds))


def _install_disk(arming: Arming, switchboard: Switchboard) -> Callable[[], None]:
    """What the disk still does when the process is about to die at a named point."""
    power = Power()
    if arming.power_loss:
        power.install()
    if arming.control is not None:
        disk.fail(switchboard, power.forget)
    seed = arming.tear_seed
    return lambda: None if seed is None else power.fail(seed)


def _install_points(arming: Arming, passed: Passed) -> None:
    if _is_on_postgres():
        from sellout.torture.victim import in_postgres  # a server on SQLite would start later for it

        in_postgres.watch_transactions(passed)
    elif arming.kill_at == "in_checkpoint":
        in_sqlite.watch_checkpoints(passed)
    else:
        in_sqlite.watch_transactions(passed)


def _is_on_postgres() -> bool:
    """Whether this process was told of a PostgreSQL database, by its command or, as workers are, by its environment."""
    told = [*sys.orig_argv, os.environ.get("SELLOUT_DATABASE", "")]
    return any("postgres://" in text or "postgresql://" in text for text in told)


def _pragmas(arming: Arming) -> dict[str, str]:
    """Settings that a server on SQLite is to have instead of its own."""
    pages = arming.checkpoint_pages
    if pages is None and arming.kill_at == "in_checkpoint":
        pages = CHECKPOINT_PAGES
    pragmas = {"synchronous": arming.synchronous, "wal_autocheckpoint": pages}
    return {name: str(value) for name, value in pragmas.items() if value is not None}
