"""The fast lane: the few routes of a rush, answered before any framework sees them.

FastAPI with pydantic costs several times what the transaction costs, so what everybody calls at once goes this
way. What the routes do stands in `orders.py`; here is what a request meets before and after, in any protocol.
`through_asgi.py` and `through_rsgi.py` are the two doors to it.
"""

import structlog

from sellout.committer import Busy
from sellout.http.answers import Answer, problem_answer
from sellout.http.callers import as_asked
from sellout.http.orders import Headers, Order, show_outcome
from sellout.http.pages.errors import VARY_ACCEPT, error_page, is_negotiated, wants_page
from sellout.http.problems import BUSY, Problem, internal_error, unavailable
from sellout.http.requests import BadRequest
from sellout.http.shop import Shop
from sellout.store.port import StoreBusy, StoreError
from sellout.telemetry import count_error

log = structlog.get_logger()


THROWN_AWAY_BYTES_MAX = 1_048_576
"""Of a body that is not wanted: a proxy that still writes would see a reset connection instead of the answer, and take
us for dead. Whoever sends more is cut off."""


class ClientGone(Exception):
    """The client left before its request had arrived whole."""


async def answer_order(shop: Shop, order: Order, headers: Headers, body: bytes, path: str, request_id: str) -> Answer:
    """The answer to a hot route, whatever happens."""
    try:
        command = order.read(shop.orders, order.subject_id, headers, body)
        authorization = headers.get("authorization")
        if authorization is not None:
            command = await as_asked(shop, authorization, command)
        outcome = await shop.submit(command)
        answer = show_outcome(order, outcome)
    except Exception as error:  # noqa: BLE001 - every error has its answer
        return error_answer(error, path, request_id)
    return problem_answer(answer, path, request_id) if isinstance(answer, Problem) else answer


def error_answer(
    error: Exception, path: str, request_id: str, method: str = "POST", accept: str | None = None
) -> Answer:
    """The answer to a request that met an error: a page for who asks for pages."""
    problem = problem_of(error, path, request_id)
    if not wants_page(path, accept):
        answer = problem_answer(problem, path, request_id)
        return answer._replace(headers=[*answer.headers, VARY_ACCEPT]) if is_negotiated(path) else answer
    shown = error_page(problem, method, path, request_id)
    headers = [(name, value) for name, value in shown.headers.items() if name != "content-length"]
    return Answer(shown.status_code, headers, bytes(shown.body))


def problem_of(error: Exception, path: str, request_id: str) -> Problem:
    """What a caller is told of an error. The log has the rest, under the same request id."""
    match error:
        case BadRequest():
            return error.problem
        case Busy() | StoreBusy():
            count_error("busy")
            return BUSY
        case StoreError():
            log.warning("unavailable", reason=str(error), path=path, request_id=request_id)
            count_error("unavailable")
            return unavailable(str(error))
        case _:
            log.error("internal_error", path=path, request_id=request_id, exc_info=error)
            count_error("internal_error")
            return internal_error()


def too_large(bytes_max: int) -> BadRequest:
    """The body does not fit."""
    return BadRequest(Problem("body_too_large", f"The body may have {bytes_max} bytes at most."))
