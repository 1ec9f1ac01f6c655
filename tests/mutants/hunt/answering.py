"""Faults of HTTP and of webhooks."""

import asyncio
import time
from typing import Any

import pytest

from sellout.domain import Bought, Buy, Command, Held, Outcome, Reason, Refused
from sellout.http import fastlane, orders
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import OrderReader
from sellout.http.shop import Shop
from sellout.store.port import StoreUnavailable
from sellout.webhooks import delivering
from sellout.webhooks.answers import DELIVERED, Answer
from tests.mutants.hunt.mutant import Herd

ANSWERING = Herd("http")

CACHED_SECONDS = 1.0
"""How long "sold out" is remembered."""


@ANSWERING.mutant()
def sold_out_is_cached(patch: pytest.MonkeyPatch) -> None:
    """Sold out is said from memory for a second, also after a refund or a restart of the sale."""
    right, until = Shop.submit, dict[str, float]()

    def wrong(shop: Shop, command: Command) -> "asyncio.Future[Outcome]":
        if isinstance(command, Buy) and time.monotonic() < until.get(command.item_id, 0):
            known: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            known.set_result(Refused(Reason.SOLD_OUT, available=0))
            return known
        answer = right(shop, command)
        if isinstance(command, Buy):
            answer.add_done_callback(lambda done: remember(command.item_id, done))
        return answer

    def remember(item_id: str, done: "asyncio.Future[Outcome]") -> None:
        if not done.cancelled() and done.exception() is None:
            outcome = done.result()
            if isinstance(outcome, Refused) and outcome.reason is Reason.SOLD_OUT:
                until[item_id] = time.monotonic() + CACHED_SECONDS

    patch.setattr(Shop, "submit", wrong)


@ANSWERING.mutant()
def the_key_is_not_read(patch: pytest.MonkeyPatch) -> None:
    """Idempotency-Key is ignored."""
    patch.setattr(orders, "read_key", lambda _: None)


@ANSWERING.mutant()
def a_replay_is_not_marked(patch: pytest.MonkeyPatch) -> None:
    """Idempotent-Replayed is left out."""
    patch.setattr(orders, "replayed", lambda _: ())


@ANSWERING.mutant()
def a_replay_tells_another_id(patch: pytest.MonkeyPatch) -> None:
    """A repeat is told of a purchase or hold that nobody has."""
    right = orders.show_outcome

    def wrong(order: orders.Order, outcome: Outcome) -> Any:
        if isinstance(outcome, Bought) and outcome.replayed:
            outcome = outcome._replace(purchase=outcome.purchase._replace(id=outcome.purchase.id[:-1] + "~"))
        if isinstance(outcome, Held) and outcome.replayed:
            outcome = outcome._replace(hold=outcome.hold._replace(id=outcome.hold.id[:-1] + "~"))
        return right(order, outcome)

    patch.setattr(fastlane, "show_outcome", wrong)


@ANSWERING.mutant()
def one_unit_more_is_sold_than_asked_for(patch: pytest.MonkeyPatch) -> None:
    """Who asks for two gets three."""
    right = OrderReader.read

    def wrong(reader: OrderReader, body: bytes, content_type: str | None) -> tuple[str, int]:
        buyer, quantity = right(reader, body, content_type)
        return buyer, quantity + (quantity == 2)

    patch.setattr(OrderReader, "read", wrong)


@ANSWERING.mutant()
def buyers_are_taken_for_another(patch: pytest.MonkeyPatch) -> None:
    """The last character of a buyer's name is lost."""
    right = OrderReader.buyer
    patch.setattr(OrderReader, "buyer", lambda reader, name: right(reader, name)[:-1] or name)


@ANSWERING.mutant("lock", "fsync-error", "disk-full")
def not_knowing_is_told_as_sold_out(patch: pytest.MonkeyPatch) -> None:
    """Where the database cannot answer, buyers are told that it is sold out."""
    right = fastlane.problem_of

    def wrong(error: Exception, path: str, request_id: str) -> Problem:
        if isinstance(error, StoreUnavailable):
            return from_refusal(Refused(Reason.SOLD_OUT, available=0))
        return right(error, path, request_id)

    patch.setattr(fastlane, "problem_of", wrong)


@ANSWERING.mutant()
def a_webhook_s_failure_counts_as_delivered(patch: pytest.MonkeyPatch) -> None:
    """What a receiver did not take is never sent again."""
    right = delivering.send_event

    async def wrong(*values: Any) -> Answer:
        return (await right(*values))._replace(outcome=DELIVERED)

    patch.setattr(delivering, "send_event", wrong)
