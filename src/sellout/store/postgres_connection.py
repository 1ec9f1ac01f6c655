"""Connections to PostgreSQL: which of several hosts, with which session settings, and what asyncpg's errors mean.

Again              nothing is committed, or it will be found: the same batch may be tried again
 +- Unknown        the connection was lost while it committed, or the standbys' word was not waited for
"""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import Iterator
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from sellout.store.port import StoreUnavailable, StoreUnusable

CONNECT_SECONDS_MAX = 3.0
"""For one look at all hosts: one of them may take writes a moment later."""

IDLE_IN_TRANSACTION_SECONDS = 10
"""After which the server ends the transaction of a program that has stopped in the middle: it holds locks."""

SESSION = {
    "application_name": "sellout",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    # A caller that has given up leaves its session waiting for a lock; without this they would fill the server's places
    # while the standbys are away.
    "client_connection_check_interval": "1s",
    "statement_timeout": "0",  # around COMMIT it would make the outcome unknown
    # All rows of a table may be of one item, and then the planner believes that any item is found by reading the
    # table. Each of our statements has an index to go by; where none has, it still reads the table.
    "enable_seqscan": "off",
    # A plan that was made while a table was empty would be kept while it grows, and it may go by the wrong index.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",  # compiling costs more than these statements take
}

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""As the stubs have it; at run time the driver's class takes no parameter."""


class Again(Exception):
    """The batch was not committed; trying it again is safe."""


class Unknown(Again):
    """The batch may be committed; trying it again finds out."""


_LOST = (
    OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError, asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # the server that we have is no longer the one that writes
    asyncpg.InternalClientError,  # the driver's word where the server's goodbye has just arrived
)  # fmt: skip

_BEATEN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
"""Another node was faster; tried again, the batch sees what that one did."""

_PASSING = (
    *_LOST, TimeoutError, asyncpg.InsufficientResourcesError, asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError, asyncpg.InternalServerError, asyncpg.PostgresSystemError, ssl.SSLError,
)  # fmt: skip


def is_lost(error: BaseException) -> bool:
    """Whether the connection is of no more use."""
    return isinstance(error, _LOST)


def is_worth_another_try(error: BaseException) -> bool:
    """Whether the same batch may go through if it is tried again, given that it was not committed."""
    return isinstance(error, (*_LOST, *_BEATEN))


@contextlib.contextmanager
def unavailable_on_error() -> Iterator[None]:
    """What the server or the network refuses becomes StoreUnavailable; errors of our own pass through."""
    try:
        yield
    except _PASSING as error:
        raise StoreUnavailable(sentence(error)) from error


def sentence(error: BaseException) -> str:
    """What an error means, in one line for the person who runs the shop."""
    if isinstance(error, TimeoutError):
        return "the database does not answer in time"
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return "no host takes writes"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
        return os.strerror(error.errno)
    said = " ".join(str(error).split()) or type(error).__name__
    return f"PostgreSQL says: {said}" if isinstance(error, asyncpg.PostgresError) else said


def hosts_of(url: str) -> list[str]:
    """A URL for each of the hosts in `url`, or `url` itself where the driver has to find the host."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return [url]
    return [urlunsplit(parts._replace(netloc=f"{credentials}{at}{host}")) for host in hosts.split(",")]


def _shown(url: str) -> str:
    """A host without what is secret in its address."""
    return urlsplit(url).netloc.rpartition("@")[2] or "PostgreSQL"


async def connect(url: str, deadline: float) -> Connection:
    """A connection to the host that takes writes. Raises StoreUnavailable past `deadline` (`time.monotonic`).

    All hosts are asked at once: one that takes connections and then says nothing keeps us from no other.
    """
    tries = [asyncio.ensure_future(_ask_host(host, deadline)) for host in hosts_of(url)]
    chosen: Connection | None = None
    try:
        for answered in asyncio.as_completed(tries):
            found = await answered
            if not isinstance(found, str):
                chosen = found
                return chosen
    finally:
        for each in tries:
            each.cancel()
        for left in await asyncio.gather(*tries, return_exceptions=True):
            if isinstance(left, asyncpg.Connection) and left is not chosen:
                left.terminate()
    raise StoreUnavailable("; ".join(str(each.result()) for each in tries))


async def _ask_host(url: str, deadline: float) -> "Connection | str":
    """A connection to a host if it takes writes, or why there is none."""
    seconds = min(CONNECT_SECONDS_MAX, deadline - time.monotonic())
    if seconds <= 0:
        return f"{_shown(url)}: there was no time to ask"
    try:
        async with asyncio.timeout(seconds):
            return await _connect(url)
    except (*_PASSING, asyncpg.TargetServerAttributeNotMatched) as error:
        return f"{_shown(url)}: {sentence(error)}"


async def _connect(url: str) -> Connection:
    connection: Connection = await asyncpg.connect(
        url, target_session_attrs=SessionAttribute.read_write, server_settings=SESSION
    )
    try:
        await _check_durability(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _check_durability(connection: Connection) -> None:
    """Raises StoreUnusable where the server says that it has committed before it has (or its standbys have)."""
    asked = "SELECT name, setting FROM pg_settings WHERE name = ANY ($1)"
    names = ["fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names"]
    found = {row["name"]: row["setting"] for row in await connection.fetch(asked, names)}
    if found["synchronous_commit"] == "off" or (
        found["synchronous_commit"] == "local" and found["synchronous_standby_names"]
    ):
        raise StoreUnusable(
            f"synchronous_commit is {found['synchronous_commit']}: acknowledged sales could be lost; set it to on"
        )
    if "off" in (found["fsync"], found["full_page_writes"]):
        raise StoreUnusable("fsync or full_page_writes is off: acknowledged sales could be lost; turn them on")
