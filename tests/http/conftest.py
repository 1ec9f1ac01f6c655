"""Shops for tests: one with the default settings, and a way to open others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.shop import Shop, running_shop


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the test's shop keeps its sales."""
    return tmp_path / "shop.db"


@pytest.fixture
def shop(database: Path) -> Iterator[Shop]:
    """A shop with the default settings and an organiser key."""
    with running_shop(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all tests of a module that buy nothing and change nothing."""
    with running_shop(tmp_path_factory.mktemp("shared") / "shop.db") as opened:
        yield opened
