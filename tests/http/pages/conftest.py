"""Visitors for tests."""

import pytest

from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    """Somebody who has never been here."""
    return Visitor(shop)
