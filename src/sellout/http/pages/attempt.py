"""A visitor's attempt at an item: the idempotency key that is made before the first press, in a cookie.

It is kept over reloads, presses, lost answers and restarts of the browser, and is bound to the buyer's name before
anything is asked for under it. So a visitor who comes back finds what the key has got: a purchase, a hold or a place on
the waiting list. A new attempt is begun only where the visitor wants more, or where the last one came to nothing.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple, Self

from fastapi import Request, Response

from sellout.domain import ANONYMOUS, EntryReading, EntryState, Got, Hold, HoldState, Purchase
from sellout.http.requests import is_plain
from sellout.store.port import Store

COOKIE = "attempt"
KEPT_SECONDS = 30 * 86_400
KEY_BYTES = 16
COOKIE_LENGTH_MAX = 4096

_MARK = "page-"


class Attempt(NamedTuple):
    """A key, and the buyer that it is bound to."""

    key: str
    buyer: str = ANONYMOUS

    @classmethod
    def new(cls) -> Self:
        """An attempt under a key that nobody can guess."""
        return cls(_MARK + secrets.token_urlsafe(KEY_BYTES))

    @classmethod
    def of(cls, request: Request) -> Self:
        """The attempt of a request's cookie; a new one where there is none that we have written."""
        key, _, name = request.cookies.get(COOKIE, "")[:COOKIE_LENGTH_MAX].partition(":")
        if not is_key(key):
            return cls.new()
        try:
            buyer = urlsafe_b64decode(name).decode()
        except ValueError:
            return cls.new()
        return cls(key, buyer) if is_plain(buyer) else cls.new()

    def remember(self, response: Response, item_id: str, *, secure: bool) -> None:
        """Keep the attempt at an item in its visitor's browser."""
        name = urlsafe_b64encode(self.buyer.encode()).decode()
        response.set_cookie(
            COOKIE, f"{self.key}:{name}", max_age=KEPT_SECONDS, path=f"/items/{item_id}", secure=secure, httponly=True,
            samesite="lax",
        )  # fmt: skip

    async def got(self, store: Store, item_id: str) -> Got | None:
        """What it has got, as that stands now. Raises StoreUnavailable."""
        return await store.got_by_key(item_id, self.buyer, self.key)

    def another(self) -> "Attempt":
        """A new attempt of the same buyer's."""
        return Attempt.new()._replace(buyer=self.buyer)


def is_key(text: str) -> bool:
    """Whether a text may be a key of ours."""
    return text.startswith(_MARK) and len(text) <= 64 and text.isascii() and text.isprintable() and ":" not in text


def address_of(got: Got) -> str:
    """The page of what an attempt has got."""
    match got:
        case Purchase():
            return f"/purchases/{got.id}"
        case Hold():
            return f"/purchases/{got.purchase_id}" if got.purchase_id else f"/holds/{got.id}"
        case EntryReading(entry=entry, hold=hold):
            return f"/purchases/{hold.purchase_id}" if hold and hold.purchase_id else f"/waitlist/{entry.id}"


def is_over(got: Got) -> bool:
    """Whether it came to nothing in the end, so that its visitor may try again."""
    match got:
        case Purchase():
            return got.refunded_at is not None
        case Hold():
            return got.state in (HoldState.RELEASED, HoldState.EXPIRED)
        case EntryReading():
            return got.entry.state_with(got.hold) in (EntryState.LAPSED, EntryState.LEFT)
