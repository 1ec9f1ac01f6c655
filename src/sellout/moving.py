"""Whole databases: bringing a schema up to date, copying a shop to another database, backing it up. For operators."""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from sellout.settings import Settings
from sellout.store.clock import host_clock
from sellout.store.migrations import Migration
from sellout.store.port import StoreUnusable
from sellout.store.sqlite_file import file_script, lacking_in, open_database
from sellout.store.sqlite_place import identity_of
from sellout.store.sqlite_tables import backup as backup_file
from sellout.store.sqlite_tables import sqlite_source, sqlite_target
from sellout.store.tables import Source, Target, copy_all


class Script(NamedTuple):
    """A migration that a database lacks, as the SQL that would be run."""

    migration: Migration
    sql: str


async def missing_scripts(settings: Settings) -> list[Script]:
    """What `upgrade` would do. Raises StoreUnusable and StoreUnavailable."""
    path = settings.database_path
    if path is not None:
        return [Script(step, file_script(step)) for step in lacking_in(path)]
    from sellout.store.postgres_connection import connect, unavailable_on_error
    from sellout.store.postgres_schema import lacking, script_of

    with unavailable_on_error():
        connection = await connect(settings.database, time.monotonic() + settings.lock_wait_seconds)
        try:
            return [Script(step, script_of(step)) for step in await lacking(connection)]
        finally:
            await connection.close()


async def upgrade(settings: Settings) -> None:
    """Bring the schema up to date, making the database's tables if there are none."""
    path = settings.database_path
    if path is not None:
        open_database(path, host_clock, settings.lock_wait_seconds).close()
        return
    from sellout.store.postgres import open_postgres

    store = await open_postgres(settings.database, wait_seconds=settings.lock_wait_seconds)
    await store.close()


async def copy(source: Settings, target: Settings, *, stop_selling: bool) -> dict[str, int]:
    """Copy a shop; how many rows each table has. With `stop_selling` nothing is sold meanwhile, and the source's items
    are paused afterwards, so that what is sold from then on is sold from the target only.

    All or nothing on the target; the source is paused only when the target has everything.
    """
    async with _source(source, locked=stop_selling) as read:
        async with _target(target) as written:
            counts = await copy_all(read, written)
        if stop_selling:
            await read.stop_selling()
        return counts


async def backup(settings: Settings, file: Path) -> None:
    """Write the shop as it is at this moment to a new SQLite file, while it goes on selling. Raises StoreUnusable."""
    if identity_of(file) is not None:
        raise StoreUnusable(f"{file} exists: a backup is never written over another file")
    path = settings.database_path
    if path is not None:
        backup_file(path, file)
        return
    async with _source(settings, locked=False) as source:
        try:
            async with sqlite_target(file, settings.lock_wait_seconds) as target:
                await copy_all(source, target)
        except BaseException:
            file.unlink(missing_ok=True)  # noqa: ASYNC240 - half a backup is none, and nothing else runs here
            raise


@contextlib.asynccontextmanager
async def _source(settings: Settings, *, locked: bool) -> AsyncIterator[Source]:
    path = settings.database_path
    if path is not None:
        async with sqlite_source(path, settings.lock_wait_seconds, locked=locked) as source:
            yield source
        return
    from sellout.store.postgres_tables import postgres_source

    async with postgres_source(settings.database, settings.lock_wait_seconds, locked=locked) as source:
        yield source


@contextlib.asynccontextmanager
async def _target(settings: Settings) -> AsyncIterator[Target]:
    path = settings.database_path
    if path is not None:
        async with sqlite_target(path, settings.lock_wait_seconds) as target:
            yield target
        return
    from sellout.store.postgres_tables import postgres_target

    async with postgres_target(settings.database, settings.lock_wait_seconds) as target:
        yield target
