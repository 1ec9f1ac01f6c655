"""The two doors, for requests that somebody follows: each request is shown as it comes, and its answer as it goes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from sellout.http.following import Answered, Asked, Follow, SeenExchange, seen_send
from sellout.http.shop import Shop
from sellout.http.through_asgi import ASGIApp, ASGIDoor, Receive, Send
from sellout.http.through_asgi import Scope as ASGIScope
from sellout.http.through_rsgi import Exchange, RSGIDoor, Scope


class FollowedASGIDoor(ASGIDoor):
    """The door for any ASGI server."""

    def __init__(self, app: ASGIApp, shop: Shop, follow: Follow) -> None:
        super().__init__(app, shop)
        self._follow = follow

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        answered = Answered()
        with self._follow(self._asked(scope), answered):
            await super().__call__(scope, receive, seen_send(send, answered))

    def _asked(self, scope: ASGIScope) -> Asked:
        client = self._client_of(scope)
        return Asked(scope["method"], scope["path"], scope.get("scheme", "http"), client, partial(_header, scope))


def _header(scope: ASGIScope, name: str) -> str | None:
    wanted = name.encode("latin-1")
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None)


class FollowedRSGIDoor(RSGIDoor):
    """The door for Granian."""

    def __init__(self, door: ASGIDoor, shop: Shop, follow: Follow) -> None:
        super().__init__(door, shop)
        self._follow = follow

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        answered = Answered()
        asked = Asked(scope.method, scope.path, scope.scheme, self._client(scope), scope.headers.get)
        with self._follow(asked, answered):
            await super().__rsgi__(scope, SeenExchange(exchange, answered))


def all_of(follows: Sequence[Follow]) -> Follow:
    """Several who follow, as one; the first is entered first and left last."""
    return follows[0] if len(follows) == 1 else partial(_all_along, follows)


@contextmanager
def _all_along(follows: Sequence[Follow], asked: Asked, answered: Answered) -> Iterator[None]:
    with ExitStack() as entered:
        for follow in follows:
            entered.enter_context(follow(asked, answered))
        yield
