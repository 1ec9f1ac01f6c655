"""From what came over the wire to a result or to the error that it stands for. Pure functions."""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

import msgspec

from sellout.client import errors, refusals
from sellout.client.errors import NO_ANSWER, UNREADABLE_ANSWER, Problem, SelloutError

T = TypeVar("T")


class Answer(NamedTuple):
    """An answer as it came: names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Lost(NamedTuple):
    """No answer came. `reason` says why, `error` is what the HTTP library raised."""

    reason: str
    error: Exception | None = None


CLASSES: dict[str, type[SelloutError]] = {
    "sold_out": refusals.SoldOut,
    "all_held": refusals.AllHeld,
    "not_enough_left": refusals.NotEnoughLeft,
    "limit_reached": refusals.LimitReached,
    "not_open": refusals.NotOpen,
    "closed": refusals.Closed,
    "paused": refusals.Paused,
    "hold_expired": refusals.HoldExpired,
    "hold_released": refusals.HoldReleased,
    "already_confirmed": refusals.AlreadyConfirmed,
    "payment_ref_in_use": refusals.PaymentRefInUse,
    "already_refunded": refusals.AlreadyRefunded,
    "key_reused": refusals.KeyReused,
    "invalid_request": refusals.InvalidRequest,
    "item_exists": refusals.ItemExists,
    "capacity_below_committed": refusals.CapacityBelowCommitted,
    "unknown_item": refusals.UnknownItem,
    "unknown_purchase": refusals.UnknownPurchase,
    "unknown_hold": refusals.UnknownHold,
    "unknown_entry": refusals.UnknownEntry,
    "unauthorized": refusals.Unauthorized,
    "forbidden": refusals.Forbidden,
    "busy": errors.Busy,
    "unavailable": errors.Unavailable,
    "rate_limited": errors.RateLimited,
    "internal_error": errors.InternalError,
    NO_ANSWER: errors.NoAnswer,
    UNREADABLE_ANSWER: errors.Unreadable,
}
"""What is raised for each code."""

_STATUSES = {401: "unauthorized", 403: "forbidden", 429: "rate_limited", 500: "internal_error", 503: "unavailable"}
"""What an answer without a problem document means, where its status alone is enough."""

_OTHERS: dict[int, type[SelloutError]] = {429: errors.RateLimited, 503: errors.Unavailable}
"""What codes that are not known here are, by their status."""

_GATEWAY_STATUSES = (502, 504)
"""Said by what stands between, never by Sellout: the request may have arrived, and its answer is lost."""

_decode_problem = msgspec.json.Decoder(Problem).decode


def read_answer(
    read: Callable[[bytes], T], answer: Answer | Lost | None, key: str | None, tries: int
) -> T | SelloutError:
    """The result, or the error that the answer stands for; `key` and `tries` are for the error."""
    if not isinstance(answer, Answer):
        reason = "nothing was sent" if answer is None else answer.reason
        return error_of(Problem(code=NO_ANSWER, detail=f"There was no answer: {reason}."), key, tries)
    if 200 <= answer.status < 300:
        try:
            return read(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return error_of(_unreadable(answer, str(error)), key, tries)
    return error_of(_problem(answer), key, tries)


def error_of(problem: Problem, key: str | None, tries: int) -> SelloutError:
    """The error of a problem. A code that is not known here counts by its status."""
    kind = CLASSES.get(problem.code) or _OTHERS.get(problem.status)
    if kind is None:
        kind = errors.Refused if problem.status < 500 else errors.InternalError
    return kind(problem, key, tries)


def _problem(answer: Answer) -> Problem:
    """What is wrong, in the server's words or, where there are none, in ours."""
    if answer.status in _GATEWAY_STATUSES:
        detail = f"There was no answer: a gateway said {answer.status}."
        return Problem(code=NO_ANSWER, detail=detail, retry_after=_retry_after(answer), status=answer.status)
    if answer.status < 400:
        return _unreadable(answer, "a success or an error was expected")
    try:
        problem = _decode_problem(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = Problem(code=_STATUSES.get(answer.status, f"http_{answer.status}"))
    return msgspec.structs.replace(
        problem,
        status=answer.status,
        retry_after=problem.retry_after or _retry_after(answer),
        request_id=problem.request_id or answer.headers.get("request-id", ""),
    )


def _unreadable(answer: Answer, why: str) -> Problem:
    request_id = answer.headers.get("request-id", "")
    detail = f"Status {answer.status} with a body that cannot be read: {why}."
    return Problem(code=UNREADABLE_ANSWER, detail=detail, status=answer.status, request_id=request_id)


def _retry_after(answer: Answer) -> int | None:
    """The header Retry-After in seconds, from a number or, by the answer's own clock, from a date (RFC 9110)."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return int(said[:_DIGITS_MAX])
    try:
        ahead = parsedate_to_datetime(said) - parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):  # no date, or one without a time zone beside one with it
        return None
    return max(0, round(ahead.total_seconds()))


_DIGITS_MAX = 9
