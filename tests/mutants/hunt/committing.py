"""Faults of the committer."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from sellout import committer
from sellout.committer import Committer
from sellout.decide import decide
from sellout.domain import Bought, Buy, Command, Outcome
from sellout.store.batch import load, write
from sellout.store.sqlite import SQLiteStore
from tests.mutants.hunt.mutant import Herd

COMMITTING = Herd("committer")

OPEN_SECONDS = 0.03
"""How long a transaction stays open after its buyers were answered."""


@COMMITTING.mutant("kill", "kill-before-commit")
def a_buyer_is_answered_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """The outcomes leave while the transaction is still open."""

    async def wrong(store: SQLiteStore, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Outcome]] = loop.create_future()

        def work() -> None:
            try:
                with store._transaction(deadline) as writer:
                    loaded, now = store._run(writer, load(commands, items_are_locks=False))
                    outcomes, writes = decide(loaded, commands, now)
                    store._run(writer, write(writes, now))
                    loop.call_soon_threadsafe(answer.set_result, outcomes)
                    time.sleep(OPEN_SECONDS)
            except Exception as error:  # noqa: BLE001 - it becomes the answer, as it would have
                if not answer.done():
                    loop.call_soon_threadsafe(answer.set_exception, error)

        store._write_thread.submit(work)
        return await answer

    patch.setattr(SQLiteStore, "transact", wrong)


@COMMITTING.mutant()
def the_last_of_a_batch_is_lost(patch: pytest.MonkeyPatch) -> None:
    """The last purchase of a batch never reaches the store, and its buyer is told of one."""
    right = Committer._commit

    async def wrong(self: Committer, commands: list[Command], oldest: float) -> list[Outcome]:
        if len(commands) < 2 or not isinstance(commands[-1], Buy):
            return await right(self, commands, oldest)
        outcomes = await right(self, commands[:-1], oldest)
        told = next((outcome for outcome in outcomes if isinstance(outcome, Bought)), None)
        if told is None:
            return [*outcomes, *await right(self, commands[-1:], oldest)]
        last = commands[-1]
        made_up = told.purchase._replace(id=last.purchase_id, buyer=last.buyer, quantity=last.quantity, key=last.key)
        return [*outcomes, Bought(made_up)]

    patch.setattr(Committer, "_commit", wrong)


@COMMITTING.mutant()
def two_of_a_batch_get_each_other_s_outcome(patch: pytest.MonkeyPatch) -> None:
    """The first two who have bought are told of each other's purchase."""
    right = committer._answer

    def wrong(batch: list[Any], outcomes: list[Outcome]) -> None:
        bought = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Bought)]
        if len(bought) > 1:
            first, second = bought[:2]
            outcomes[first], outcomes[second] = outcomes[second], outcomes[first]
        right(batch, outcomes)

    patch.setattr(committer, "_answer", wrong)


@COMMITTING.mutant()
def a_command_is_committed_twice(patch: pytest.MonkeyPatch) -> None:
    """A purchase without a key is in its batch twice, under two ids."""
    right = Committer._commit

    async def wrong(self: Committer, commands: list[Command], oldest: float) -> list[Outcome]:
        twice = [
            command._replace(purchase_id=command.purchase_id[:-1] + "~", key=None)
            for command in commands[:1]
            if isinstance(command, Buy)
        ]
        return (await right(self, [*commands, *twice], oldest))[: len(commands)]

    patch.setattr(Committer, "_commit", wrong)
