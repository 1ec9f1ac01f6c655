"""Reads the named statements of a `.sql` file. It touches only the files of this package."""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load_queries(engine: str, name: str) -> dict[str, str]:
    """The statements of `sql/<engine>/<name>.sql`, each under the name in its `-- name:` line."""
    text = files("sellout.store").joinpath("sql", engine, f"{name}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
