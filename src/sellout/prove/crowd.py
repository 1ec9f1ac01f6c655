"""The crowd: buyers who come at one instant over real HTTP, each on a connection of their own.

May touch: the network, through its shoppers, and this process's limit of open files. It judges nothing and
only brings home what the buyers were answered.
"""

import asyncio
import contextlib
import gc
import resource
import secrets
from collections.abc import Iterator, Sequence

from sellout.prove import CouldNotRun
from sellout.prove.evidence import Buyer, Request
from sellout.prove.progress import OnProgress, all_at_once, unwatched
from sellout.prove.shopper import Patience, Shopper

DOUBLED_SHARE = 0.1
WARMING_AT_ONCE_MAX = 256  # a listening socket's backlog is bounded, so connections are opened in turns
FILES_SPARE = 256  # beyond a file for each connection: logs, the database, the interpreter's own


def invite(
    prefix: str, count: int, *, quantity_max: int = 1, doubled_share: float = DOUBLED_SHARE
) -> tuple[Buyer, ...]:
    """Name the buyers and make their keys; the number alone says who is doubled and who wants how many."""
    return tuple(
        Buyer(
            name=f"{prefix}-{number:05d}",
            key=f"{prefix}-{number:05d}-{secrets.token_hex(8)}",
            quantity=1 + number % quantity_max,
            doubled=int((number + 1) * doubled_share) > int(number * doubled_share),
        )
        for number in range(count)
    )


def make_room_for(buyers: Sequence[Buyer]) -> None:
    """Raise this process's limit of open files, which a server that is started from here inherits."""
    needed = sum(buyer.copies for buyer in buyers) + FILES_SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != hard < needed:
        raise CouldNotRun(
            f"{len(buyers)} buyers need {needed} open files, and the limit is {hard}: "
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


async def storm(
    url: str,
    item: str,
    buyers: Sequence[Buyer],
    *,
    on_progress: OnProgress = unwatched,
    patience: Patience | None = None,
) -> tuple[Request, ...]:
    """Open every connection first, then let all requests go at one instant; come back with every answer."""
    patience = patience or Patience()
    shoppers = [Shopper(buyer, copy, url, item, patience) for buyer in buyers for copy in range(buyer.copies)]
    turns = asyncio.Semaphore(WARMING_AT_ONCE_MAX)
    try:
        await all_at_once("Opening connections", [shopper.warm(turns) for shopper in shoppers], on_progress)
        with no_garbage_collection():
            return tuple(await all_at_once("Buying", [shopper.buy() for shopper in shoppers], on_progress))
    finally:
        await asyncio.gather(*(shopper.leave() for shopper in shoppers))
