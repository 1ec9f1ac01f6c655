"""Rules on what one buyer may have. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sellout.history.history import History
from sellout.history.kept import KeptEntry, KeptHold, KeptPurchase, Movement
from sellout.history.ledger import Account, accounts_of


def limits_are_kept(history: History) -> Iterator[str]:
    """No order has more units than one may have, and no buyer more units of an item at once than its limit.

    The second is looked at in every state of the ledger: a buyer's purchases, and holds before their deadline. Whoever
    names no buyer has no limit together with all others who name none.
    """
    terms = {item.item: item for item in history.items}
    kept = history.kept
    rows: list[KeptPurchase | KeptHold | KeptEntry] = [*kept.purchases, *kept.holds, *kept.entries]
    for row in rows:
        if row.item in terms and row.quantity > (most := terms[row.item].max_per_order):
            yield f"{row.buyer or 'nobody'} has {row.quantity} of {row.item} in one order, and {most} is the most"
    holds = {row.hold_id: row for row in history.kept.holds}
    buyers = {row.purchase_id: row.buyer for row in history.kept.purchases}
    for item, account in accounts_of(history.kept.movements).items():
        limit = terms[item].limit_per_buyer if item in terms else None
        if limit is not None:
            yield from _beyond(account, limit, _Having(buyers, holds))


@dataclass
class _Having:
    """What each buyer has of one item, movement by movement."""

    buyers: dict[str, str]
    holds: dict[str, KeptHold]
    sold: dict[str, int] = field(default_factory=dict)
    held: dict[str, dict[str, KeptHold]] = field(default_factory=dict)

    def move(self, movement: Movement) -> str:
        """The buyer whose units have moved; "" where there is none."""
        hold = self.holds.get(movement.hold_id or "")
        buyer = hold.buyer if hold is not None else self.buyers.get(movement.purchase_id or "", "")
        self.sold[buyer] = self.sold.get(buyer, 0) + movement.sold
        if hold is not None:
            kept = self.held.setdefault(buyer, {})
            if movement.held > 0:
                kept[hold.hold_id] = hold
            else:
                kept.pop(hold.hold_id, None)
        return buyer

    def units(self, buyer: str, at: int) -> int:
        """What counts against the limit: a hold does until its deadline, whether or not its end was written then."""
        held = sum(hold.quantity for hold in self.held.get(buyer, {}).values() if hold.expires_at > at)
        return self.sold.get(buyer, 0) + held


def _beyond(account: Account, limit: int, having: _Having) -> Iterator[str]:
    for state, batch in zip(account.states, account.movements, strict=True):
        for buyer in sorted({having.move(movement) for movement in batch} - {""}):
            if (units := having.units(buyer, state.at)) > limit:
                yield f"{buyer} came to have {units} of {batch[0].item} at once, and {limit} is the limit"
