"""Definite noes, a class for each that a caller may want to catch by itself."""

from datetime import datetime

from sellout.client.errors import Refused


class SoldOut(Refused):
    """Every unit is sold. Units come back only by a refund or a raised capacity."""


class AllHeld(Refused):
    """No unit is available, but some are only held and may come back."""

    @property
    def retry_after(self) -> int:
        """Seconds until the earliest hold ends, 1 or more."""
        return self.problem.retry_after or 1


class NotEnoughLeft(Refused):
    """Some units are available, but fewer than asked for."""

    @property
    def available(self) -> int:
        """How many units could be had when it was decided."""
        return self.problem.available or 0


class LimitReached(Refused):
    """The buyer would hold and have bought more than the item's `limit_per_buyer`."""


class NotOpen(Refused):
    """The sale opens later."""

    @property
    def opens_at(self) -> datetime | None:
        """When it opens; None where the server did not say."""
        return self.problem.opens_at


class Closed(Refused):
    """The sale has ended."""


class Paused(Refused):
    """The organiser has paused the sale."""


class HoldExpired(Refused):
    """The hold's time was over. For a confirmation: its units could not be had again."""

    @property
    def hold_expires_at(self) -> datetime | None:
        """When it ended; None where the server did not say."""
        return self.problem.hold_expires_at

    @property
    def refund_due(self) -> bool:
        """Whether the buyer has paid for nothing: give the payment back; it will never confirm anything."""
        return self.problem.refund_due is True


class HoldReleased(Refused):
    """The hold was given back before."""


class AlreadyConfirmed(Refused):
    """The hold has become a purchase before; `get_hold` names it."""


class PaymentRefInUse(Refused):
    """The payment has come with another hold: one payment confirms one hold."""


class AlreadyRefunded(Refused):
    """The purchase was refunded before; its units came back then."""


class KeyReused(Refused):
    """The key has got something else before: another body, or another kind of request."""


class InvalidRequest(Refused):
    """A member of the request is missing, unknown or out of its range; `errors` names each."""


class ItemExists(Refused):
    """An item with this id exists."""


class CapacityBelowCommitted(Refused):
    """The capacity cannot be lower than the units that are sold and held."""

    @property
    def available(self) -> int:
        """By how many units it could be lowered."""
        return self.problem.available or 0


class Unknown(Refused):
    """There is nothing with this id."""


class UnknownItem(Unknown):
    """There is no item with this id."""


class UnknownPurchase(Unknown):
    """There is no purchase with this id."""


class UnknownHold(Unknown):
    """There is no hold with this id."""


class UnknownEntry(Unknown):
    """There is no entry of a waiting list with this id."""


class Unauthorized(Refused):
    """The call is for organisers, and the client has no valid organiser key."""


class Forbidden(Refused):
    """The organiser key is valid, but has not the scope that this needs."""


DECISIONS = frozenset(
    {
        "not_open", "closed", "paused", "unknown_item", "not_enough_left", "all_held", "limit_reached", "sold_out",
        "unknown_hold", "hold_expired", "hold_released", "already_confirmed", "payment_ref_in_use", "unknown_purchase",
        "already_refunded", "unknown_entry",
    }
)  # fmt: skip
"""Codes by which Sellout says that a request was decided, and gets nothing. An answer without a problem document of
ours has none of them, and no other refusal says what became of an earlier try."""
