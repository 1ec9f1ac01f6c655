"""The crowd: customers who come at one instant over real HTTP, each on a connection of their own.

May touch: the network, through its customers, and this process's limit of open files. It judges nothing and
only brings home what the buyers were answered.
"""

import asyncio
import contextlib
import gc
import resource
from collections.abc import AsyncIterator, Iterator, Sequence

from sellout.prove import CouldNotRun
from sellout.prove.customer import Customer, Patience
from sellout.prove.progress import OnProgress, all_at_once, unwatched

WARMING_AT_ONCE_MAX = 256  # a listening socket's backlog is bounded, so connections are opened in turns
FILES_SPARE = 256  # beyond a file for each connection: logs, the database, the interpreter's own


def make_room_for(buyers: int, connections: int) -> None:
    """Raise this process's limit of open files, which a server that is started from here inherits."""
    needed = connections + FILES_SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != hard < needed:
        raise CouldNotRun(
            f"{buyers} buyers need {needed} open files, and the limit is {hard}: "
            "send fewer buyers, or raise the limit (ulimit -Hn)"
        )
    if resource.RLIM_INFINITY != soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Walking over thousands of open connections again and again would spread the one instant fourfold."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.asynccontextmanager
async def gathered(
    url: str, count: int, patience: Patience, on_progress: OnProgress = unwatched
) -> AsyncIterator[Sequence[Customer]]:
    """Customers at the door, every connection open before the first of them asks for anything."""
    customers = [Customer(url, patience) for _ in range(count)]
    turns = asyncio.Semaphore(WARMING_AT_ONCE_MAX)
    try:
        await all_at_once("Opening connections", [customer.warm(turns) for customer in customers], on_progress)
        with no_garbage_collection():
            yield customers
    finally:
        await asyncio.gather(*(customer.leave() for customer in customers))
