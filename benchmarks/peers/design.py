"""What a design is, and a shop of it: started on a fresh place, killed in the middle, started again on what it kept.

May touch: processes and the folder that it is given.
"""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.database import Database
from benchmarks.peers.redis import Redis
from benchmarks.server import Server, free_port, running

APPLICATION = "the application"
AND_REDIS = "the application and Redis"


@dataclass(frozen=True)
class Place:
    """Where a shop lives: its folder, its stock, and what it keeps its records in, if that is no file of its own."""

    folder: Path
    stock: int
    database: Database | None = None
    redis: Redis | None = None


class Design(ABC):
    """One way to sell a limited stock. `again` are statuses that tell who asks again that they have it already."""

    name: str
    title: str
    says: str
    mending: str
    path: str
    ready = "/openapi.json"
    keyed = False
    named = True
    again: frozenset[int] = frozenset()
    kills: ClassVar[tuple[str, ...]] = (APPLICATION,)

    def missing(self) -> str | None:
        """Why it cannot be played here; None where it can."""
        return None

    @abstractmethod
    def command(self, port: int, place: Place) -> list[str]:
        """The command line of its server."""

    @abstractmethod
    def environment(self, place: Place) -> dict[str, str]:
        """The environment variables of its server."""

    @abstractmethod
    def placed(self, folder: Path, stock: int) -> AbstractContextManager[Place]:
        """A fresh place for one run."""

    def prepare(self, server: Server, place: Place) -> None:  # noqa: B027 - most make their stock at the start
        """Put the stock on sale."""

    @abstractmethod
    def recorded(self, place: Place) -> Sequence[str | None]:
        """The buyer of each unit that its database has on record."""

    @abstractmethod
    def left(self, place: Place) -> int:
        """What its own stock says is left."""


class Shop:
    """A running server of a design, on one port for as long as it is open."""

    def __init__(self, design: Design, place: Place, stack: ExitStack) -> None:
        self.design, self.place = design, place
        self._stack, self._port = stack, free_port()
        self._server = self._start()
        design.prepare(self._server, place)

    @property
    def url(self) -> str:
        return self._server.url

    def kill(self, victim: str) -> None:
        """End it at once, as a crash would; what is not on its disk by now is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGKILL)
        if victim == AND_REDIS and self.place.redis is not None:
            self.place.redis.kill()

    def start_again(self, victim: str) -> None:
        """As a supervisor would: what was killed, on what it had kept. Waits until it is ready."""
        self._server.process.wait()
        if victim == AND_REDIS and self.place.redis is not None:
            self.place.redis.start()
        self._server = self._start()

    def _start(self) -> Server:
        design, place, port = self.design, self.place, self._port
        command = design.command(port, place)
        return self._stack.enter_context(
            running(command, port, place.folder, design.environment(place), design.ready)
        )  # fmt: skip


@contextmanager
def opened(design: Design, folder: Path, stock: int) -> Iterator[Shop]:
    """A shop on a fresh place below `folder`, stopped afterwards."""
    with design.placed(folder, stock) as place, ExitStack() as stack:
        yield Shop(design, place, stack)
