"""Numbered migrations: which there are for an engine, and which a database still lacks. It reads package files only."""

from importlib.resources import files
from typing import NamedTuple

from sellout.store.port import StoreUnusable


class Migration(NamedTuple):
    """One step of the schema. Numbers start at 1 and have no gaps."""

    number: int
    name: str
    sql: str


def migrations(engine: str) -> list[Migration]:
    """All migrations of an engine, in order: `sql/<engine>/migrations/0001_name.sql` and so on."""
    folder = files("sellout.store").joinpath("sql", engine, "migrations")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda f: f.name)
    steps = []
    for entry in found:
        number, _, name = entry.name.removesuffix(".sql").partition("_")
        steps.append(Migration(int(number), name, entry.read_text("utf-8")))
    return steps


def missing(known: list[Migration], applied: int) -> list[Migration]:
    """The migrations that a database with `applied` of them lacks.

    Raises StoreUnusable where a newer version of Sellout has been at the database.
    """
    if applied > len(known):
        raise StoreUnusable(
            f"its schema is version {applied}, newer than version {len(known)} that this Sellout knows: "
            "run the newer Sellout, or restore a backup"
        )
    return known[applied:]
