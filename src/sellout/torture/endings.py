"""How a round ended, and the rules on that: those of the history judge what was sold, these how the server took it.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sellout.history.history import History
from sellout.history.verdict import Rule

SUCCESS = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is the server's, once all was healed and it was asked to stop; `audited` that of `sellout audit`.

    The others are sentences, each on something that should not have been.
    """

    history: History
    exit_code: int
    audited: int
    audit_said: str = ""
    unwanted_ends: tuple[str, ...] = ()
    disagreed: tuple[str, ...] = ()
    forged: tuple[str, ...] = ()


def _stops_cleanly(ended: Ended) -> Iterator[str]:
    if ended.exit_code != SUCCESS:
        yield f"The server was asked to stop and ended with {ended.exit_code}"


def _audit_agrees(ended: Ended) -> Iterator[str]:
    if ended.audited != SUCCESS:
        yield f"`sellout audit` ended with {ended.audited}: {ended.audit_said}"
    yield from ended.disagreed


def _stays_up(ended: Ended) -> Iterator[str]:
    yield from ended.unwanted_ends


def _sold_exactly(ended: Ended) -> Iterator[str]:
    if not ended.history.drained:
        yield "Buyers came until the end, and were not told of every item that it is sold out"
    wanted = {item.item: item.capacity for item in ended.history.items}
    kept = {item.item: item for item in ended.history.kept.items}
    for item, capacity in wanted.items():
        row = kept.get(item)
        if row is None or (row.capacity, row.sold, row.held) != (capacity, capacity, 0):
            yield f"Of {capacity} units of {item} exactly all should be sold, and the database has {row}"


def _webhooks_are_signed(ended: Ended) -> Iterator[str]:
    yield from ended.forged


RULES: tuple[Rule[Ended], ...] = (
    Rule("sold_exactly", "In the end every unit is sold, none is held, and buyers are told so.", _sold_exactly),
    Rule("stops_cleanly", "Once all is healed, the server stops cleanly when it is asked to.", _stops_cleanly),
    Rule("stays_up", "The server ends only when it is killed or asked to stop.", _stays_up),
    Rule("audit_agrees", "The ledger adds up to the counters, during the sale and after it.", _audit_agrees),
    Rule(
        "webhooks_are_signed", "Every webhook that arrives is signed with the endpoint's secret.", _webhooks_are_signed
    ),
)
