"""What the blocking and the asynchronous client share: settings, headers, and what the HTTP library takes and gives."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import httpx2

import sellout
from sellout.client.answers import Answer, Lost
from sellout.client.exchange import Call, Exchange, Means, Pause, Retries, Send, exchange

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

BuyerToken = str | Callable[[], str]
"""A token of the shop's login, or what gives the one that is good now."""

TIMEOUT_SECONDS = 10.0
"""How long a try waits for the connection, and then for the answer, where the caller does not say otherwise."""

CONNECTIONS_MAX = 100
"""Connections of one client, where the caller does not say otherwise. More calls at once wait for one."""

LOST = (httpx2.TransportError, httpx2.DecodingError)
"""What the HTTP library raises where there is no whole answer."""

log = logging.getLogger("sellout.client")


class Base:
    """Where the server is, and how it is asked."""

    def __init__(
        self,
        url: str,
        organiser_key: str | None,
        buyer_token: BuyerToken | None,
        timeout_seconds: float,
        retries: Retries,
        means: Means,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"the server's address must be like https://shop.example, not {url!r}")
        if timeout_seconds <= 0:
            raise ValueError(f"timeout_seconds must be more than 0, not {timeout_seconds}")
        self._url = url.rstrip("/")
        self._organiser_key = organiser_key
        self._buyer_token = buyer_token
        self._timeout_seconds = timeout_seconds
        self._retries = retries
        self._means = means

    def begin(self, call: Call[T]) -> Exchange[T]:
        """The exchange of one call. Only one that can use the organiser key carries it, and only others the token."""
        headers = {"User-Agent": f"sellout-client/{sellout.__version__}"}
        as_organiser = call.organiser or (call.organiser_if_any and self._organiser_key is not None)
        bearer = self._organiser_key if as_organiser else self._token_now()
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return exchange(call, headers, self._timeout_seconds, self._retries, self._means)

    def _token_now(self) -> str | None:
        return self._buyer_token() if callable(self._buyer_token) else self._buyer_token

    def request(self, send: Send) -> dict[str, Any]:
        """A request as the HTTP library takes it."""
        timeout = httpx2.Timeout(send.seconds, pool=None)  # a wait for a connection of our own is not the server's
        return {
            "method": send.method, "url": self._url + send.path, "headers": send.headers, "content": send.body,
            "timeout": timeout, "follow_redirects": False,
        }  # fmt: skip


def limits_of(connections: int) -> httpx2.Limits:
    """Connections are kept, so that the next call need not wait for one."""
    return httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)


def answer_of(response: httpx2.Response) -> Answer:
    """What came."""
    return Answer(response.status_code, response.headers, response.content)


def lost(error: httpx2.RequestError) -> Lost:
    """Nothing came. Raises the error where the request itself was wrong."""
    if isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
        raise error
    return Lost(f"{type(error).__name__} {error}".strip(), error)


def log_pause(pause: Pause) -> None:
    """Retries show in the log of whoever wants to see them."""
    log.info("%s; asking again in %.2f s (try %d)", pause.after, pause.seconds, pause.after.tries + 1)


def as_method(method: Callable[P, R], make: Callable[..., Any]) -> Callable[P, R]:
    """Gives a method the name, the description and the parameters of the call that it makes."""
    functools.update_wrapper(method, make)
    vars(method).pop("__wrapped__")  # or tools would take the first parameter for self
    given = inspect.signature(make)
    receiver = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    gives = get_args(given.return_annotation)[0] if get_origin(given.return_annotation) is Call else given.empty
    parameters = [receiver, *given.parameters.values()]
    vars(method)["__signature__"] = given.replace(parameters=parameters, return_annotation=gives)
    return method
