"""Any store beside the model: whatever is asked, at whatever time, both answer and show the same.

Each engine is put under the same machine. A step is a batch, perhaps after a jump of the clock, perhaps to another
store on the same database, or closing the store and opening it again; after each, all that readers see is compared.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from random import Random

import pytest
from hypothesis import note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sellout.domain import AddItem, Command
from tests.beside import Beside, NewDatabase, in_memory, on_postgres, on_sqlite
from tests.sales import CHANCE, Asked, an_odd_item

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

BATCH_MAX = 8
STEPS = 30


class SaleBesideModel(RuleBasedStateMachine):
    """One sale in a store and in the model."""

    def __init__(self, new_database: NewDatabase) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.loop = self.undo.enter_context(asyncio.Runner())
        self.beside = Beside(self.undo.enter_context(new_database()))
        self.loop.run(self.beside.begin())
        self.asked = Asked(Random(0))

    @initialize(chance=CHANCE)
    def two_items_are_put_on_sale(self, chance: Random) -> None:
        self.asked.chance = chance
        self.transact([AddItem(an_odd_item(self.asked, item_id)) for item_id in "ab"])

    @rule(chance=CHANCE)
    def a_batch_comes(self, chance: Random) -> None:
        self.asked.chance = chance
        self.transact(self.asked.batch(BATCH_MAX))

    @rule(chance=CHANCE)
    def a_batch_comes_later(self, chance: Random) -> None:
        self.time_jumps(chance)
        self.transact(self.asked.batch(BATCH_MAX))

    @rule(chance=CHANCE)
    def one_command_comes_later(self, chance: Random) -> None:
        self.time_jumps(chance)
        self.transact([self.asked.command()])

    @rule(chance=CHANCE)
    def a_batch_comes_to_another_store(self, chance: Random) -> None:
        note("to another store")
        self.loop.run(self.beside.take_turns())
        self.a_batch_comes_later(chance)

    @rule(chance=CHANCE)
    def the_store_is_opened_again_after_some_time(self, chance: Random) -> None:
        note("the store is opened again")
        self.time_jumps(chance)
        self.loop.run(self.beside.reopen())

    @invariant()
    def readers_see_the_same(self) -> None:
        self.loop.run(self.beside.look())

    def time_jumps(self, chance: Random) -> None:
        self.asked.chance = chance
        self.asked.jump()
        self.beside.clock = self.asked.clock
        note(f"the clock shows {self.beside.clock}")

    def transact(self, commands: Sequence[Command]) -> None:
        for command in commands:
            note(f"{command}")
        self.loop.run(self.beside.transact(commands))
        self.asked.hear(self.beside.model)
        self.asked.hear(self.beside.model)

    def teardown(self) -> None:
        self.loop.run(self.beside.close())
        self.undo.close()


@pytest.mark.timeout(600)  # after a failure, Hypothesis looks for a shorter one for five minutes at most
@pytest.mark.parametrize(
    ("new_database", "sales"),
    [
        pytest.param(in_memory, 80, id="in memory"),
        pytest.param(on_sqlite, 50, id="sqlite"),
        pytest.param(on_postgres, 6, id="postgres"),
    ],
)
def test_a_store_and_the_model_tell_the_same_sale(new_database: NewDatabase, sales: int) -> None:
    class Machine(SaleBesideModel):
        def __init__(self) -> None:
            super().__init__(new_database)

    run_state_machine_as_test(Machine, settings=settings(max_examples=sales, stateful_step_count=STEPS))
