"""A store in memory, which gives a decision what its needs name and not a row more.

Because nothing but `needs` decides what is loaded, a need that is not declared shows as a wrong outcome.
"""

from collections.abc import Sequence

from sellout.decide import Decision, Loaded, decide, limits_matter, needs
from sellout.domain import Command, Item, Outcome, Purchase, Refused

NOW = 1_000_000


class Shelves:
    """Items and purchases, as the writes of decisions leave them."""

    def __init__(self, *items: Item) -> None:
        self.items = {item.id: item for item in items}
        self.purchases: dict[str, Purchase] = {}

    def transact(self, commands: Sequence[Command], now: int = NOW) -> list[Outcome]:
        decision = self.decide(commands, now)
        writes = decision.writes
        for item in writes.added_items:
            assert item.id not in self.items, "an item is added once"
        for item in (*writes.added_items, *writes.changed_items):
            assert 0 <= item.sold + item.held <= item.capacity, "never oversold"
            self.items[item.id] = item
        for purchase in writes.purchases:
            assert purchase.id not in self.purchases, "a purchase is written once"
        for purchase in (*writes.purchases, *writes.refunds):
            self.purchases[purchase.id] = purchase
        return decision.outcomes

    def decide(self, commands: Sequence[Command], now: int = NOW) -> Decision:
        return decide(self.load(commands), commands, now)

    def load(self, commands: Sequence[Command]) -> Loaded:
        wanted = needs(commands)
        purchases = {i: self.purchases[i] for i in wanted.purchase_ids if i in self.purchases}
        item_ids = wanted.item_ids | {purchase.item_id for purchase in purchases.values()}
        items = {i: self.items[i] for i in item_ids if i in self.items}
        by_key = {scope: first for scope in wanted.scopes if (first := self.first_of(*scope)) is not None}
        bought: dict[tuple[str, str], int] = {}
        if limits_matter(list(items.values()), commands):
            bought = {whose: units for whose in wanted.buyers if (units := self.units_of(*whose))}
        return Loaded(items, by_key, bought, purchases)

    def first_of(self, item_id: str, buyer: str, key: str | None) -> Purchase | None:
        """What an idempotency key has got."""
        scope = (item_id, buyer, key)
        return next((p for p in self.purchases.values() if p.key and (p.item_id, p.buyer, p.key) == scope), None)

    def units_of(self, item_id: str, buyer: str) -> int:
        """Units that a buyer has and has not given back."""
        return sum(p.quantity for p in self.kept(item_id) if p.buyer == buyer)

    def kept(self, item_id: str) -> list[Purchase]:
        """The purchases of an item that are not refunded."""
        return [p for p in self.purchases.values() if p.item_id == item_id and p.refunded_at is None]


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    """What each command got, in a word: the reason of a refusal, or the name of the outcome."""
    return [str(outcome.reason) if isinstance(outcome, Refused) else type(outcome).__name__ for outcome in outcomes]
