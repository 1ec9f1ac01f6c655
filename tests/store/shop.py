"""A shop that tests open, use and open again, whatever its engine."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sellout.domain import Command, Item, Outcome
from sellout.store.clock import Clock
from sellout.store.port import Store, first_item

_T = TypeVar("_T")


class Behind(Protocol):
    """The database as another program meets it."""

    any_number: str
    """What an insert says that gives movements their numbers itself."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        ...

    def write(self, *statements: str) -> None:
        """Change what any program may change, in one transaction."""
        ...

    def tamper(self, *statements: str) -> None:
        """Change what nobody may change: no trigger, no foreign key and no check keeps it."""
        ...


class Shop:
    """A database that tests open, use and open again; each engine makes one."""

    def __init__(self, open_store: Callable[[Clock], Awaitable[Store]], behind: Behind) -> None:
        self.open = open_store
        self.behind = behind
        self.now = 1_700_000_000_000_000

    def use(self, work: Callable[[Store], Awaitable[_T]]) -> _T:
        async def run() -> _T:
            store = await self.open(lambda: self.now)
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(run())

    def transact(self, *commands: Command) -> list[Outcome]:
        return self.use(lambda store: store.transact(commands, time.monotonic() + 30))

    def item(self, item_id: str = "a") -> Item:
        found = first_item(self.use(lambda store: store.item(item_id)))
        assert found is not None
        return found
