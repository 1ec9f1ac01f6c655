"""Both clients for one suite: `AsyncClient` driven from plain code, so that a test asks either in the same words."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self, cast

from sellout.client import AsyncClient, Client

Connect = Callable[..., Client]
"""Makes a client of one kind; takes what both take."""


class Awaiting:
    """An AsyncClient that looks like a Client. Its loop runs only while it is asked something."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(*args, **named)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def ask(*args: Any, **named: Any) -> Any:
            given = method(*args, **named)
            return self._all_of(given) if hasattr(given, "__aiter__") else self._runner.run(given)

        return ask

    def _all_of(self, rows: AsyncIterator[Any]) -> Iterator[Any]:
        async def one() -> tuple[Any, ...]:
            return tuple([row async for row in rows])  # a generator cannot wait in another loop's pieces

        yield from self._runner.run(one())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


CONNECT: dict[str, Connect] = {"Client": Client, "AsyncClient": cast("Connect", Awaiting)}
