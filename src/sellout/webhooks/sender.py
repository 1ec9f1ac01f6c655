"""One request to an endpoint. It follows no redirect, and looks at no proxy of the environment."""

import contextlib
import re
from typing import Any

import aiohttp

import sellout
from sellout.webhooks.addresses import CheckedResolver, ForbiddenAddress, Resolve, checked_socket, system_resolve
from sellout.webhooks.answers import Answer, meaning_of

ANSWER_BYTES_MAX = 16 * 1024
"""Of an answer's body, which nobody looks at: a longer one costs the connection."""

CONNECTIONS_MAX = 32
"""Of one worker to all endpoints."""


class Sender:
    """Sends signed messages. Open from the first to `close`."""

    def __init__(self, timeout_seconds: float, *, private_addresses: bool, resolve: Resolve = system_resolve) -> None:
        checks: dict[str, Any] = {}
        if not private_addresses:
            checks = {"resolver": CheckedResolver(resolve), "socket_factory": checked_socket}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, use_dns_cache=False, **checks),
            timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": f"Sellout/{sellout.__version__}"},
            auto_decompress=False,
            trust_env=False,
        )

    async def send(self, url: str, headers: dict[str, str], body: str) -> Answer:
        """Send a message; never raises for what the receiver or the network does."""
        try:
            async with self._session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
                await _throw_away(answer)
                return meaning_of(answer.status)
        except TimeoutError:
            return Answer("timed_out", "no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if _is_forbidden(error):
                return Answer("forbidden_address", "its address is not public")
            return Answer("unreachable", _in_a_line(error))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


async def _throw_away(answer: aiohttp.ClientResponse) -> None:
    """Read what there is of a body, so that the connection can be used again; a long or broken one costs it.

    The status has been said by then, so what becomes of the body changes nothing.
    """
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        left = ANSWER_BYTES_MAX
        while left > 0 and (chunk := await answer.content.read(left)):
            left -= len(chunk)
        if left > 0:
            return
    answer.close()


def _is_forbidden(error: BaseException) -> bool:
    """Whether one of our checks is the cause, however deep the library has wrapped it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ForbiddenAddress) or isinstance(getattr(seen, "os_error", None), ForbiddenAddress):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _in_a_line(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error))[:200] or type(error).__name__
