"""A history as lines of JSON, so that one that was found can be kept, sent to somebody, and checked again. Pure.

The first line names the format and has all that there is once; each other line has one thing, under the name of what it
is: {"request": {...}}. Lines can be read one by one, and `grep`
and `jq` find their way in them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from sellout.history.history import Delivery, Fault, History, Item, Observation
from sellout.history.kept import (
    Kept,
    KeptEntry,
    KeptHold,
    KeptItem,
    KeptKey,
    KeptLatePayment,
    KeptPurchase,
    Movement,
)
from sellout.history.requests import Request

FORMAT = "sellout-history-1"
"""Stands in the first line, so that a later form cannot be taken for this one."""

KEPT: dict[str, tuple[str, type]] = {
    "kept_item": ("items", KeptItem),
    "purchase": ("purchases", KeptPurchase),
    "hold": ("holds", KeptHold),
    "entry": ("entries", KeptEntry),
    "key": ("keys", KeptKey),
    "late_payment": ("late_payments", KeptLatePayment),
    "movement": ("movements", Movement),
}
SEEN: dict[str, tuple[str, type]] = {
    "item": ("items", Item),
    "fault": ("faults", Fault),
    "request": ("requests", Request),
    "observation": ("observations", Observation),
    "delivery": ("deliveries", Delivery),
}
ONCE = ("drained", "clock_jumped", "network_repeats")


class NotAHistory(Exception):
    """These lines are no history, for the reason that the message gives in one line."""


def written(history: History) -> Iterator[str]:
    """The lines of a history, without their ends."""
    head = {name: getattr(history, name) for name in ONCE}
    yield _line({"format": FORMAT, **head, "webhooks": history.deliveries is not None})
    for source, names in ((history, SEEN), (history.kept, KEPT)):
        for name, (member, _) in names.items():
            for thing in getattr(source, member) or ():
                yield _line({name: thing})


def _line(thing: dict[str, Any]) -> str:
    return msgspec.json.encode(thing).decode()


def read(lines: Iterable[str]) -> History:
    """The history of these lines, in whatever order they are but the first. Raises NotAHistory."""
    found: dict[str, list[Any]] = {name: [] for name in (*SEEN, *KEPT)}
    numbered = enumerate((line for line in lines if line.strip()), 1)
    head = _head(next(numbered, (1, "{}"))[1])
    for number, line in numbered:
        name, thing = _thing(number, line)
        found[name].append(thing)
    kept = Kept(**{member: tuple(found[name]) for name, (member, _) in KEPT.items()})
    seen: dict[str, Any] = {member: tuple(found[name]) for name, (member, _) in SEEN.items()}
    if not head["webhooks"]:
        seen["deliveries"] = None
    return History(kept=kept, **seen, **{name: head[name] for name in ONCE})


def _head(line: str) -> dict[str, Any]:
    try:
        head = msgspec.json.decode(line, type=dict[str, bool | str])
    except msgspec.DecodeError:
        head = {}
    if head.get("format") != FORMAT:
        raise NotAHistory(f"the first line does not say that this is a history: it must have the format {FORMAT}")
    missing = [name for name in (*ONCE, "webhooks") if not isinstance(head.get(name), bool)]
    if missing:
        raise NotAHistory(f"line 1: {missing[0]} must be true or false")
    return head


def _thing(number: int, line: str) -> tuple[str, Any]:
    try:
        ((name, raw),) = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).items()
        shape = (SEEN | KEPT)[name][1]
        return name, msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, ValueError):
        raise NotAHistory(f"line {number} is not one thing of a history") from None
    except KeyError as unknown:
        raise NotAHistory(f"line {number} is a {unknown.args[0]}, which no history has") from None
