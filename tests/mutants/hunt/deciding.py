"""Faults of the decision. Most are those that the comparison with the model has to notice, too."""

import pytest

from sellout.decide.sale import Sale, Shelf
from sellout.domain import Hold, HoldState, Instant
from tests.mutants import faults
from tests.mutants.hunt.mutant import Herd

DECIDING = Herd("decide")

DECIDING.add(faults.the_limit_is_skipped, "A buyer may have more than the limit.")
DECIDING.add(faults.a_key_is_not_noticed_to_be_reused, "A key's fingerprint is forgotten.")
DECIDING.add(faults.the_key_of_a_hold_is_forgotten, "A repeated hold is a second hold.")
DECIDING.add(faults.the_key_of_a_refund_is_forgotten, "A repeated refund is no replay.")
DECIDING.add(faults.expired_holds_are_not_freed, "An expired hold keeps its units for ever.")
DECIDING.add(faults.a_released_hold_s_units_stay_held, "A released hold keeps its units for ever.")
DECIDING.add(faults.a_refund_counts_twice, "A refund gives its units back twice.")
DECIDING.add(faults.half_a_basket_is_sold, "A basket is sold though its second line cannot be had.")
DECIDING.add(faults.the_last_who_waits_is_offered_first, "The waiting list is served from its end.")
DECIDING.add(faults.sold_out_is_said_while_units_are_only_held, "Sold out is said while units are only held.")


@DECIDING.mutant()
def what_is_held_may_be_sold(patch: pytest.MonkeyPatch) -> None:
    """Units count as free while they are held."""
    free = property(lambda shelf: 0 if shelf.spoken_for else shelf.item.capacity - shelf.sold)
    patch.setattr(Shelf, "free", free)


@DECIDING.mutant()
def a_hold_expires_twice(patch: pytest.MonkeyPatch) -> None:
    """The end of a hold is counted and not written: it ends again with the next batch."""

    def wrong(sale: Sale, hold: Hold, now: Instant) -> Hold:
        sale.shelves[hold.item_id].move(held=-hold.quantity)
        ended = hold._replace(state=HoldState.EXPIRED, ended_at=now)
        sale.hold_by_id[hold.id] = ended
        return ended

    patch.setattr(Sale, "expire", wrong)
