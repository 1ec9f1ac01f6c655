"""Planting faults in the evidence of an honest run: other answers, other books, other holds."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

from sellout.history.requests import Attempt, Request
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Books, Movements
from sellout.prove.scenarios.scenario import Scenario
from sellout.prove.verdict import judge


def broken(scenario: Scenario, evidence: Evidence) -> list[str]:
    """The rules of the scenario that this run breaks."""
    return [ruling.name for ruling in judge(scenario.rules, evidence).broken]


def findings(scenario: Scenario, evidence: Evidence, rule: str) -> str:
    """All that one rule finds, in one text."""
    (ruling,) = [ruling for ruling in judge(scenario.rules, evidence).rulings if ruling.name == rule]
    return "\n".join(ruling.findings)


def tell_instead(evidence: Evidence, change: Callable[[Request], Attempt | None]) -> Evidence:
    """The same run, with another last answer wherever `change` gives one."""

    def changed(request: Request) -> Request:
        attempt = change(request)
        return request if attempt is None else replace(request, attempts=(*request.attempts[:-1], attempt))

    return replace(evidence, requests=tuple(changed(request) for request in evidence.requests))


def keep_instead(evidence: Evidence, item: str = "item", **changes: Any) -> Evidence:
    """The same run, with other books of one item."""
    return replace(
        evidence,
        books=tuple(replace(books, **changes) if books.item == item else books for books in evidence.books),
    )


def all_at_once(evidence: Evidence, chance: Random) -> Evidence:
    """The same run, decided in the same order, but that requests leave earlier and answers come later.

    Only as much as what a customer does next allows: nobody asks again before an answer, and nobody asks about a
    hold, purchase or entry that no answer has told of.
    """
    requests = list(evidence.requests)
    owners = _owners(requests)
    whose = [{request.order.buyer, owners.get(request.order.subject or "", "")} for request in requests]
    changed = list[Request]()
    for place, request in enumerate(requests):
        before = [requests[n].final.ended_at for n in range(place) if whose[n] & whose[place]]
        after = [requests[n].final.started_at for n in range(place + 1, len(requests)) if whose[n] & whose[place]]
        began, ended = request.final.started_at, request.final.ended_at
        earlier = chance.random() * min(1.5, began - max(before, default=0.0)) / 2
        later = chance.random() * min(1.5, min(after, default=ended + 1) - ended) / 2
        attempt = replace(request.final, started_at=began - earlier, ended_at=ended + later)
        changed.append(replace(request, attempts=(attempt,)))
    return replace(evidence, requests=tuple(changed))


def _owners(requests: Iterable[Request]) -> dict[str, str]:
    """Who was told of each hold, purchase and entry first."""
    owners: dict[str, str] = {}
    for request in requests:
        said = request.final.said
        told = [said, *said.get("purchases", ()), *said.get("holds", ())]
        for thing in told:
            for name in ("hold_id", "purchase_id", "entry_id"):
                if thing.get(name) is not None:
                    owners.setdefault(thing[name], request.order.buyer)
    return owners


def count_more(evidence: Evidence, kind: str, *, count: int = 1, sold: int = 0, held: int = 0) -> Evidence:
    """The same run; counters and ledger agree that there was more of a kind."""

    def more(books: Books) -> Books:
        audit = books.audit_after
        counters = replace(
            audit.counters,
            sold=audit.sold + sold,
            held=audit.held + held,
            available=audit.available - sold - held,
        )
        movements = {**audit.ledger, kind: audit.of(kind) + Movements(count, 0, sold, held)}
        audit = replace(
            audit,
            sold=counters.sold,
            held=counters.held,
            available=counters.available,
            movements=movements,
        )
        return replace(books, after=counters, audit_after=audit)

    return replace(evidence, books=tuple(more(books) for books in evidence.books))
