"""The named statements for PostgreSQL: `:name` in the files becomes `$1`, `$2`, ... as the protocol has them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from sellout.store.queries import load_queries
from sellout.store.steps import Value

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class Statement(NamedTuple):
    """SQL with numbered parameters, and the names of these in their order."""

    sql: str
    parameters: tuple[str, ...]

    def in_order(self, values: Mapping[str, Value]) -> list[Value]:
        """The values as the statement's parameters."""
        return [values[name] for name in self.parameters]


def statements(file: str) -> dict[str, Statement]:
    """The statements of one of the engine's files."""
    return {name: _numbered(sql) for name, sql in load_queries("postgres", file).items()}


def _numbered(sql: str) -> Statement:
    names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    return Statement(_PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names)
