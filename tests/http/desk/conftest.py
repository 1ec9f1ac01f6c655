"""Organisers for tests."""

import pytest

from tests.http.desk.organiser import Organiser
from tests.http.shop import Shop


@pytest.fixture
def organiser(shop: Shop) -> Organiser:
    """An organiser who has signed in."""
    somebody = Organiser(shop)
    somebody.sign_in()
    return somebody


@pytest.fixture
def stranger(shop: Shop) -> Organiser:
    """Somebody who has not."""
    return Organiser(shop)
