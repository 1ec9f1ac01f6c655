"""Shops on each engine, and a receiver."""

from collections.abc import Iterator

import pytest

from tests.store.conftest import shop
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["receiver", "shop"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that verifies every message."""
    with receiving() as found:
        yield found
