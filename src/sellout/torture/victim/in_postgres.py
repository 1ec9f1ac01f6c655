"""What is armed in asyncpg: the moments of each connection. May touch: asyncpg's class of connections."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg

from sellout.torture.victim.moments import Moments, Passed

_ASKING = ("execute", "fetch")
"""The methods that statements go through; the driver's own transactions do, too."""

_Method = Callable[..., Awaitable[Any]]


def watch_transactions(passed: Passed) -> None:
    """Tell of the points that transactions pass: before a statement is sent, and after it has been answered."""
    known: WeakKeyDictionary[Any, Moments] = WeakKeyDictionary()

    def watched(method: _Method) -> _Method:
        @functools.wraps(method)
        async def ask(connection: Any, statement: str, *values: Any, **options: Any) -> Any:
            moments = known.setdefault(connection, Moments(passed))
            moments.begins(statement)
            try:
                answer = await method(connection, statement, *values, **options)
            except BaseException:
                moments.undone()  # nothing of a transaction outlives an error, nor a connection that is lost
                raise
            moments.ended(statement)
            return answer

        return ask

    for name in _ASKING:
        setattr(asyncpg.Connection, name, watched(getattr(asyncpg.Connection, name)))
