"""Problem details (RFC 9457): every error that a caller can get, with its status, its words and its cure.

`PROBLEMS` is the one list of them. The served documentation is made from it, and each problem's `type` leads there.
"""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from sellout.domain import Reason, Refused
from sellout.http.times import rfc3339

MEDIA_TYPE = "application/problem+json"

TYPE_PATH = "/docs/problems/"

_PATH_CHARACTERS = "/:@!$&'()*+,;="
"""What may stand in a path as it is, beside letters, digits and `-._~` (RFC 3986, section 3.3)."""

RETRY_AFTER_SECONDS = 1
"""What 503 answers advise: a queue or a lock is usually free again within the second."""


def uri_path(path: str) -> str:
    """A path that a server has decoded, as it stands in an address."""
    return quote(path, safe=_PATH_CHARACTERS)


class ProblemType(NamedTuple):
    """One kind of error: its HTTP status, a title that never changes, when it happens and what to do then."""

    status: int
    title: str
    when: str
    cure: str


PROBLEMS: dict[str, ProblemType] = {
    "unauthorized": ProblemType(
        401, "Unauthorized",
        "The route is for organisers, or the item for buyers with a token of the shop's login, and the request has no "
        "valid key or token.",
        "Organisers send `Authorization: Bearer KEY` with the key that the first start printed, one of "
        "`sellout keys add`, or that of SELLOUT_ORGANISER_KEY; buyers send their token in the same way.",
    ),
    "forbidden": ProblemType(
        403, "Forbidden",
        "The organiser key is valid, but has not the scope that this needs, or the token is of another buyer than the "
        "one that the request names; `detail` says which.",
        "Use a key that has the scope: `sellout keys add` makes one. With a token the buyer may be left out.",
    ),
    "challenge_required": ProblemType(
        403, "A challenge is to be passed first",
        "The shop asks for a challenge before anybody takes something, and the request has no right answer to it.",
        "GET /v1/challenge says what to do; send the answer in the header Challenge-Response.",
    ),
    "not_open": ProblemType(
        403, "The sale has not opened", "The item's sale opens later, at `opens_at`.", "Ask again then.",
    ),
    "closed": ProblemType(
        403, "The sale is closed", "The item's sale has ended.", "Nothing can be bought any more.",
    ),
    "paused": ProblemType(
        403, "The sale is paused", "The organiser has paused the sale.", "Ask again later; nothing is lost meanwhile.",
    ),
    "unknown_item": ProblemType(
        404, "Unknown item", "There is no item with this id.", "GET /v1/items lists the items.",
    ),
    "unknown_purchase": ProblemType(
        404, "Unknown purchase", "There is no such purchase.",
        "Where you looked for what an Idempotency-Key has got: it has got nothing, so the request may be sent again.",
    ),
    "unknown_hold": ProblemType(
        404, "Unknown hold", "There is no such hold.", "The answer to the request that took the hold has its id.",
    ),
    "unknown_entry": ProblemType(
        404, "Unknown entry", "There is no such entry of a waiting list.",
        "The answer to the request that joined the list has its id.",
    ),
    "not_found": ProblemType(
        404, "Not found", "There is nothing at this address.", "/docs lists the routes.",
    ),
    "method_not_allowed": ProblemType(
        405, "Method not allowed", "The address exists, but not for this method.",
        "The header Allow names the methods.",
    ),
    "request_timeout": ProblemType(
        408, "The request came too slowly", "The body of the request did not arrive within SELLOUT_BODY_READ_SECONDS.",
        "Send it again with the same Idempotency-Key: nothing was done.",
    ),
    "not_enough_left": ProblemType(
        409, "Not enough units left", "Some units are available (`available`), but fewer than asked for.",
        "Ask for fewer.",
    ),
    "all_held": ProblemType(
        409, "All units are held", "No unit is available, but some are only held by others and may come back.",
        "Ask again after `Retry-After` seconds.",
    ),
    "limit_reached": ProblemType(
        409, "The buyer's limit is reached",
        "With those asked for, the buyer would hold and have bought more than the item's limit.",
        "Ask for fewer.",
    ),
    "item_exists": ProblemType(
        409, "The item exists", "An item with this id exists.", "Choose another id, or PATCH the item.",
    ),
    "capacity_below_committed": ProblemType(
        409, "The capacity is below what is sold and held",
        "The capacity cannot be lower than the units that are sold or held.",
        "Choose a higher capacity, or refund first.",
    ),
    "hold_expired": ProblemType(
        409, "The hold has expired",
        "The hold's time was over at `hold_expires_at`. For a confirmation: its units could not be had again.",
        "Take a new hold. Where `refund_due` is true, give the buyer's payment back: it will never confirm anything.",
    ),
    "hold_released": ProblemType(
        409, "The hold was released", "The hold was given back before.", "Take a new hold.",
    ),
    "already_confirmed": ProblemType(
        409, "The hold is already confirmed", "The hold has become a purchase before.",
        "GET the hold: it names its purchase. To give a purchase back, refund it.",
    ),
    "payment_ref_in_use": ProblemType(
        409, "The payment reference is in use", "This `payment_ref` has come with another hold: one payment confirms "
        "one hold.", "Send the reference of this hold's own payment.",
    ),
    "already_refunded": ProblemType(
        409, "The purchase is already refunded", "The purchase was refunded before; its units came back then.",
        "Nothing is left to do.",
    ),
    "sold_out": ProblemType(
        410, "Sold out", "Every unit of the item is sold.",
        "Units come back only if a purchase is refunded or the capacity is raised.",
    ),
    "body_too_large": ProblemType(
        413, "The body is too large", "The body of the request is larger than SELLOUT_BODY_BYTES_MAX.", "Send less.",
    ),
    "unsupported_media_type": ProblemType(
        415, "The body is not JSON", "The request has a body whose content type is not JSON.",
        "Send JSON with `Content-Type: application/json`, or no body.",
    ),
    "invalid_request": ProblemType(
        422, "The request is not valid",
        "A member of the request is missing, unknown or out of its range; `errors` names each.",
        "Correct the members that `errors` names.",
    ),
    "key_reused": ProblemType(
        422, "The idempotency key was used for another request",
        "This Idempotency-Key has succeeded for the same item and buyer with another request: another body, or "
        "another kind of request.",
        "Make a new key for a new request; keep the body unchanged for a retry.",
    ),
    "rate_limited": ProblemType(
        429, "Too many requests", "You send more requests than allowed.", "Wait for `Retry-After` seconds.",
    ),
    "internal_error": ProblemType(
        500, "Internal error", "A defect in Sellout: the request could not be answered.",
        "Retry with the same Idempotency-Key, and report the `request_id`.",
    ),
    "busy": ProblemType(
        503, "Busy", "More requests are waiting than may wait. Nothing was done.",
        "Retry after `Retry-After` seconds with the same Idempotency-Key.",
    ),
    "unavailable": ProblemType(
        503, "Unavailable", "The database cannot answer now.",
        "Retry after `Retry-After` seconds with the same Idempotency-Key: if anything was sold, the retry finds it.",
    ),
}  # fmt: skip

STATUS_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
"""The codes of errors that a framework raises by their status alone."""


class FieldError(NamedTuple):
    """What is wrong with one member of a request."""

    field: str
    message: str


class Problem(NamedTuple):
    """An error on its way to a caller: a code of `PROBLEMS`, a sentence about this case, and what helps with it."""

    code: str
    detail: str
    available: int | None = None
    retry_after: int | None = None
    opens_at: str | None = None
    hold_expires_at: str | None = None
    refund_due: bool | None = None
    errors: tuple[FieldError, ...] = ()
    bearer: str | None = None
    """What the header WWW-Authenticate says beside the realm; no part of the body."""
    realm: str = "organiser"
    """Who is asked to prove who they are, in the same header."""

    @property
    def status(self) -> int:
        return PROBLEMS[self.code].status

    def body(self, instance: str, request_id: str) -> bytes:
        """The JSON document of this problem."""
        kind = PROBLEMS[self.code]
        members: dict[str, Any] = {
            "type": TYPE_PATH + self.code,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "instance": uri_path(instance),
            "code": self.code,
            "request_id": request_id,
        }
        for name in ("available", "retry_after", "opens_at", "hold_expires_at", "refund_due"):
            value = getattr(self, name)
            if value is not None:
                members[name] = value
        if self.errors:
            members["errors"] = [error._asdict() for error in self.errors]
        return msgspec.json.encode(members)


def invalid(*errors: FieldError) -> Problem:
    """The request is not valid; each error names a member."""
    return Problem("invalid_request", "; ".join(f"{field} {message}" for field, message in errors), errors=errors)


BUSY = Problem("busy", "Too many requests are waiting; nothing was done.", retry_after=RETRY_AFTER_SECONDS)


def unavailable(reason: str) -> Problem:
    """The store could not answer."""
    return Problem("unavailable", f"The database cannot answer now: {reason}.", retry_after=RETRY_AFTER_SECONDS)


def internal_error() -> Problem:
    """A defect of ours; what it was stands in the log under the request's id, not in the answer."""
    return Problem("internal_error", "The request could not be answered because of a defect in Sellout.")


_DETAILS: dict[Reason, str] = {
    Reason.UNKNOWN_ITEM: "There is no item with this id.",
    Reason.UNKNOWN_PURCHASE: "There is no purchase with this id.",
    Reason.UNKNOWN_HOLD: "There is no hold with this id.",
    Reason.UNKNOWN_ENTRY: "There is no entry with this id.",
    Reason.KEY_REUSED: "This Idempotency-Key has been used for another request.",
    Reason.CLOSED: "The sale has ended.",
    Reason.PAUSED: "The organiser has paused the sale.",
    Reason.SOLD_OUT: "Every unit is sold.",
    Reason.ALL_HELD: "Every unit is sold or held; held units may come back.",
    Reason.LIMIT_REACHED: "This buyer may not have that many units of this item.",
    Reason.ITEM_EXISTS: "An item with this id exists already.",
    Reason.HOLD_EXPIRED: "The hold has expired.",
    Reason.HOLD_RELEASED: "The hold was released.",
    Reason.ALREADY_CONFIRMED: "The hold is confirmed already.",
    Reason.PAYMENT_REF_IN_USE: "This payment reference has come with another hold.",
    Reason.ALREADY_REFUNDED: "The purchase was refunded before.",
}


@lru_cache(maxsize=256)  # in a rush most refusals are the same
def from_refusal(refused: Refused) -> Problem:
    """What a refused command tells its caller; in a basket it names the line."""
    problem = _of_reason(refused)
    if refused.line is None:
        return problem
    message = problem.errors[0].message if problem.errors else problem.detail
    field = f"lines.{refused.line}" + (f".{refused.field}" if refused.field else "")
    detail = f"Line {refused.line + 1}, {refused.item_id}: {problem.detail}"
    return problem._replace(detail=detail, errors=(FieldError(field, message),))


def _of_reason(refused: Refused) -> Problem:
    reason, available = refused.reason, refused.available
    if reason is Reason.INVALID_REQUEST:
        return invalid(FieldError(refused.field or "body", refused.message or "is not valid"))
    if reason is Reason.NOT_OPEN and refused.opens_at is not None:
        opens_at = rfc3339(refused.opens_at)
        return Problem(reason, f"The sale opens at {opens_at}.", opens_at=opens_at)
    if reason is Reason.UNAUTHORIZED:
        return Problem(reason, "This item needs a buyer's token: Authorization: Bearer TOKEN.", realm="buyer")
    if reason is Reason.NOT_ENOUGH_LEFT:
        return Problem(reason, f"Only {available} left.", available=available)
    if reason is Reason.CAPACITY_BELOW_COMMITTED:
        return Problem(reason, f"The capacity can be lowered by {available} at most.", available=available)
    ends_at = None if refused.hold_expires_at is None else rfc3339(refused.hold_expires_at)
    return Problem(
        reason, _DETAILS[reason], available=available, retry_after=refused.retry_after, hold_expires_at=ends_at,
        refund_due=refused.refund_due or None,
    )  # fmt: skip
