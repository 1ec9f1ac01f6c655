"""A running server, an item of its own for each test, and both clients."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from sellout.client import Client, Item
from tests.client.drivers import CONNECT, Connect
from tests.processes import ORGANISER_KEY, running

_numbers = itertools.count(1)

NewItem = Callable[..., Item]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("shop") / "shop.db") as server:
        yield server.url


@pytest.fixture(params=list(CONNECT.values()), ids=list(CONNECT))
def connect(request: pytest.FixtureRequest) -> Connect:
    made: Connect = request.param
    return made


@pytest.fixture
def shop(url: str, connect: Connect) -> Iterator[Client]:
    with connect(url, organiser_key=ORGANISER_KEY) as client:
        yield client


@pytest.fixture
def new_item(url: str) -> Iterator[NewItem]:
    """Puts an item on sale that only this test knows."""
    with Client(url, organiser_key=ORGANISER_KEY) as organiser:

        def add(capacity: int = 10, **members: object) -> Item:
            number = next(_numbers)
            return organiser.add_item(f"Item {number}", capacity, id=f"item-{number}", **members)  # type: ignore[arg-type]

        yield add
