"""Who asks: a buyer with a token of the shop's login, an organiser with a key, or nobody that is known.

Both come in the same header. Without it nothing is looked at, so a shop without tokens pays nothing for them.
"""

from typing import Any, NamedTuple, TypeVar

from sellout.domain import ANONYMOUS, ANY_BUYER, BuyerTokens, Command, Entry, Hold, KeyScope, Purchase
from sellout.http.problems import FieldError, Problem, invalid
from sellout.http.requests import BadRequest
from sellout.http.shop import Shop
from sellout.keys import digest, matching
from sellout.store.port import first_item

_BEARER = "bearer "
DOTS = 2
"""In a token: header, claims and signature stand between them."""

T = TypeVar("T", Purchase, Hold, Entry)


class Caller(NamedTuple):
    """As whom somebody acts, and whose things they see: a buyer, ANY_BUYER, or None for nobody."""

    proven: str | None = None
    sees: str | None = None

    @property
    def buyer(self) -> str | None:
        """The buyer whose token was sent."""
        return None if self.proven == ANY_BUYER else self.proven

    def name(self, named: str) -> str:
        """The buyer of a request that names one, or none. Raises BadRequest where it names another."""
        if self.buyer is None or named == self.buyer:
            return named
        if named == ANONYMOUS:
            return self.buyer
        raise BadRequest(_ANOTHER)


NOBODY = Caller()

_ANOTHER = Problem("forbidden", "The token is of another buyer than the one that the request names.", realm="buyer")


async def caller_of(shop: Shop, authorization: str | None) -> Caller:
    """Who sends this header. Raises BadRequest (401) where what it has is not valid."""
    if authorization is None or authorization[: len(_BEARER)].lower() != _BEARER:
        return NOBODY
    sent = authorization[len(_BEARER) :].strip()
    why = "it is no token"
    if shop.tokens is not None and sent.count(".") == DOTS:
        try:
            buyer = _as_name(shop, shop.tokens.buyer_of(sent))
            return Caller(buyer, buyer)
        except ValueError as error:
            why = str(error)
    key = matching(digest(sent), await shop.store.organiser_keys())
    if key is not None:
        return Caller(*(ANY_BUYER if key.may(scope) else None for scope in (KeyScope.SELL, KeyScope.READ)))
    if shop.tokens is None:
        return NOBODY  # nothing is known here that it could be checked by
    raise bad_token(why)


def bad_token(why: str) -> BadRequest:
    """A token was sent that proves nothing."""
    detail = f"This buyer's token is not valid: {why}."
    return BadRequest(Problem("unauthorized", detail, bearer='error="invalid_token"', realm="buyer"))


def _as_name(shop: Shop, subject: str) -> str:
    """A token's subject as a buyer. Raises ValueError."""
    try:
        subject.encode()
        return shop.orders.buyer(subject)
    except (BadRequest, UnicodeEncodeError):
        raise ValueError("its `sub` cannot be a buyer's name") from None


async def as_asked(shop: Shop, authorization: str | None, command: Any) -> Command:
    """A command with what its caller has proven. Raises BadRequest."""
    caller = await caller_of(shop, authorization)
    if hasattr(command, "buyer"):
        command = command._replace(buyer=caller.name(command.buyer))
    proven: Command = command._replace(proven=caller.proven)
    return proven


async def seen_by(shop: Shop, authorization: str | None, thing: T | None) -> T | None:
    """A thing, or None where it is of a buyer that its caller has to prove to be. Raises BadRequest."""
    if thing is None:
        return None
    caller = await caller_of(shop, authorization)
    if caller.sees in (thing.buyer, ANY_BUYER):
        return thing
    item = first_item(await shop.store.item(thing.item_id))
    return None if item is None or item.buyer_tokens is BuyerTokens.REQUIRED else thing


def check_tokens_are_read(shop: Shop, buyer_tokens: str | None) -> None:
    """Raises BadRequest where an item is to ask for tokens and no key of the login's is there to read them."""
    if buyer_tokens == BuyerTokens.REQUIRED and shop.tokens is None:
        raise BadRequest(invalid(FieldError("buyer_tokens", "needs a key: set SELLOUT_BUYER_TOKEN_KEY")))
