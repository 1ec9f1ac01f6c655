"""Each engine's database as another program meets it."""

import sqlite3
from pathlib import Path
from typing import Any

from tests import postgres

LOOSEN_POSTGRES = """
SET session_replication_role = replica;
ALTER TABLE movements DROP CONSTRAINT IF EXISTS kind_moves_its_counters;
ALTER TABLE movements DROP CONSTRAINT IF EXISTS kind_names_its_cause;
ALTER TABLE seals DROP CONSTRAINT IF EXISTS seal_no_is_positive;
ALTER TABLE seals DROP CONSTRAINT IF EXISTS movements_is_positive
"""


class BehindSQLite:
    """Fulfils `tests.store.shop.Behind`."""

    any_number = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._do(query)

    def write(self, *statements: str) -> None:
        self._do("PRAGMA foreign_keys = ON", "BEGIN", *statements, "COMMIT")

    def tamper(self, *statements: str) -> None:
        triggers = self._do("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        aside, back = [f"DROP TRIGGER {name}" for name, _ in triggers], [sql for _, sql in triggers]
        self._do("PRAGMA ignore_check_constraints = ON", "BEGIN", *aside, *statements, *back, "COMMIT")

    def _do(self, *statements: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            return [row for statement in statements for row in connection.execute(statement)]
        finally:
            connection.close()


class BehindPostgres:
    """Fulfils `tests.store.shop.Behind`."""

    any_number = "OVERRIDING SYSTEM VALUE"

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in postgres.run(self._url, lambda connection: connection.fetch(query))]

    def write(self, *statements: str) -> None:
        postgres.run(self._url, lambda connection: connection.execute("; ".join(statements)))

    def tamper(self, *statements: str) -> None:
        self.write(LOOSEN_POSTGRES, *statements)
