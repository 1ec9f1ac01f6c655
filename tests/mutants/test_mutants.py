"""Every planted fault is noticed by the comparison with the model, and without a fault nothing is.

The sales are the same in every run. What counts is a difference, a row that the schema refuses, or a store that
cannot answer; a fault that does not even run is not noticed.
"""

import asyncio
from collections.abc import Iterable
from random import Random

import apsw
import pytest

from sellout.store.port import StoreError
from tests.beside import NewDatabase, happens_alike, in_memory, on_sqlite
from tests.mutants.faults import DECISION, SQLITE, Plant
from tests.sales import Moment, moments

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SALES_IN_MEMORY = 1500
SALES_ON_SQLITE = 120


def sales(number: int) -> Iterable[list[Moment]]:
    """The first so many of an endless row of sales."""
    return (moments(Random(seed)) for seed in range(number))


def happens(new_database: NewDatabase, sale: list[Moment]) -> None:
    with new_database() as open_store:
        asyncio.run(happens_alike(open_store, sale))


def is_noticed(new_database: NewDatabase, number: int) -> bool:
    for sale in sales(number):
        try:
            happens(new_database, sale)
        except (AssertionError, StoreError, apsw.ConstraintError):
            return True
    return False


def name(plant: Plant) -> str:
    return plant.__name__.replace("_", " ")


@pytest.mark.parametrize("plant", DECISION, ids=name)
def test_a_fault_of_the_decision_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert is_noticed(in_memory, SALES_IN_MEMORY)


@pytest.mark.parametrize("plant", SQLITE, ids=name)
def test_a_fault_of_the_store_on_sqlite_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert is_noticed(on_sqlite, SALES_ON_SQLITE)


@pytest.mark.parametrize(
    ("new_database", "number"),
    [pytest.param(in_memory, SALES_IN_MEMORY, id="in memory"), pytest.param(on_sqlite, SALES_ON_SQLITE, id="sqlite")],
)
def test_without_a_fault_nothing_is_noticed(new_database: NewDatabase, number: int) -> None:
    for sale in sales(number):
        happens(new_database, sale)
