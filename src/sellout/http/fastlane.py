"""The fast lane: the few routes of a rush, answered by plain ASGI before any framework sees them.

FastAPI with pydantic costs several times what the transaction costs, so what everybody calls at once goes this
way. What the routes do stands in `orders.py`; here is only their way from the server to the committer and back.
"""

import structlog

from sellout.committer import Busy
from sellout.http.answers import (
    ASGIApp,
    ClientGone,
    Message,
    Receive,
    Scope,
    Send,
    problem_answer,
    read_body,
    send_answer,
)
from sellout.http.ids import new_request_id
from sellout.http.orders import find_order, sell
from sellout.http.problems import BUSY, Problem, internal_error, unavailable
from sellout.http.requests import BadRequest, check_json
from sellout.http.shop import Shop
from sellout.store.port import StoreUnavailable

REQUEST_ID = "sellout.request_id"

log = structlog.get_logger()


class FastLane:
    """An ASGI application that answers the hot routes itself and hands everything else on.

    Every request gets its id here, so that every answer from any layer carries it.
    """

    def __init__(self, app: ASGIApp, shop: Shop) -> None:
        self._app = app
        self._shop = shop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        path = scope["path"]
        headers = dict(scope["headers"])
        try:
            body = await read_body(scope, headers, receive, self._shop.settings.body_bytes_max)
            order = find_order(scope["method"], path, self._shop.default_item_id)
            if order is None:
                check_json(headers, body)
                await self._hand_on(scope, body, receive, send, request_id)
                return
            sold = await sell(self._shop, order, headers, body)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - every error has its answer
            sold = problem_of(error, path, request_id)
        answer = problem_answer(sold, path, request_id) if isinstance(sold, Problem) else sold
        await send_answer(send, answer, request_id)

    async def _hand_on(self, scope: Scope, body: bytes, receive: Receive, send: Send, request_id: str) -> None:
        """Let the framework answer; the body has been read within its limit, for every route alike."""
        scope[REQUEST_ID] = request_id
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        started = False

        async def receive_body_first() -> Message:
            return first.pop() if first else await receive()

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), (b"request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive_body_first, send_with_id)
        except Exception:
            if not started:  # otherwise Starlette has answered and raises it again only for the log, which has it
                raise


def problem_of(error: Exception, path: str, request_id: str) -> Problem:
    """What a caller is told of an error. The log has the rest, under the same request id."""
    match error:
        case BadRequest():
            return error.problem
        case Busy():
            return BUSY
        case StoreUnavailable():
            log.warning("unavailable", reason=str(error), path=path, request_id=request_id)
            return unavailable(str(error))
        case _:
            log.error("internal_error", path=path, request_id=request_id, exc_info=error)
            return internal_error()
