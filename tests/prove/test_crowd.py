"""Buyers over real sockets: what they send, how they ask again, what they write down."""

import asyncio
import gc
import resource
from collections.abc import Sequence

import pytest
from aiohttp import web

from sellout.history.requests import Order, Request
from sellout.prove import CouldNotRun
from sellout.prove.crowd import make_room_for
from sellout.prove.customer import Patience, seconds_of
from sellout.prove.progress import Progress
from sellout.prove.scenarios.rush.script import invite, storm
from tests.prove.fake_shop import DROP, FakeShop, Misbehaviour, behave, problem
from tests.prove.honest import buyer as any_buyer

HURRIED = Patience(attempts_max=3, pause_seconds=0.0)


def buyer(name: str, key: str, quantity: int = 1, *, doubled: bool = False) -> Order:
    return any_buyer(name, key, quantity, item="lamp", doubled=doubled)


def visit(
    buyers: Sequence[Order], *, stock: int = 100, misbehave: Misbehaviour = behave
) -> tuple[FakeShop, tuple[Request, ...]]:
    shop = FakeShop(misbehave)
    shop.stock("lamp", stock)

    async def run() -> tuple[Request, ...]:
        async with shop.open():
            return await storm(shop.url, buyers, patience=HURRIED)

    return shop, asyncio.run(run())


def statuses(request: Request) -> list[int | None]:
    return [attempt.status for attempt in request.attempts]


class TestInvitations:
    def test_give_everybody_a_name_and_a_key_of_their_own(self) -> None:
        buyers = invite("lamp", "run", 500)
        assert len({order.buyer for order in buyers}) == len({buyer.key for buyer in buyers}) == 500
        assert all(order.buyer.startswith("run-") for order in buyers)

    @pytest.mark.parametrize(("share", "doubled"), [(0.0, 0), (0.1, 100), (0.25, 250), (1.0, 1000)])
    def test_double_the_share_that_was_asked_for(self, share: float, doubled: int) -> None:
        assert sum(order.doubled for order in invite("lamp", "run", 1000, doubled_share=share)) == doubled

    def test_double_the_same_buyers_every_time(self) -> None:
        assert [b.doubled for b in invite("lamp", "a", 50)] == [b.doubled for b in invite("lamp", "b", 50)]

    def test_spread_the_quantities(self) -> None:
        assert [order.quantity for order in invite("lamp", "run", 5, quantity_max=3)] == [1, 2, 3, 1, 2]


class TestTheStorm:
    def test_brings_home_every_answer(self) -> None:
        shop, requests = visit(invite("lamp", "run", 20, doubled_share=0), stock=5)
        assert sorted(request.final.status or 0 for request in requests) == [201] * 5 + [410] * 15
        assert {r.final.purchase_id for r in requests if r.final.acknowledged} == {
            purchase["purchase_id"] for purchase in shop.purchases
        }

    def test_sends_a_doubled_request_twice_with_one_key(self) -> None:
        shop, requests = visit([buyer("ann", "key-of-ann", doubled=True)])
        assert [request.final.purchase_id for request in requests] == ["p-0", "p-0"]
        assert sorted(request.final.replayed for request in requests) == [False, True]
        assert [purchase["key"] for purchase in shop.purchases] == ["key-of-ann"]

    def test_writes_down_what_a_refusal_says(self) -> None:
        _, (request,) = visit([buyer("ann", "key", quantity=3)], stock=2)
        assert (request.final.code, request.final.available) == ("not_enough_left", 2)

    def test_times_every_attempt(self) -> None:
        _, (request,) = visit([buyer("ann", "key")])
        assert request.final.ended_at >= request.final.started_at > 0

    def test_opens_every_connection_before_the_first_request_leaves(self) -> None:
        shop, told = FakeShop(), list[Progress]()
        shop.stock("lamp", 5)

        async def run() -> None:
            async with shop.open():
                await storm(shop.url, invite("lamp", "run", 5, doubled_share=0), on_progress=told.append)

        asyncio.run(run())
        opening = [Progress("Opening connections", done, 5) for done in range(6)]
        assert told == opening + [Progress("Buying", done, 5) for done in range(6)]

    def test_leaves_garbage_collection_as_it_found_it(self) -> None:
        visit(invite("lamp", "run", 3))
        assert gc.isenabled()

    def test_tells_in_one_line_that_nobody_is_there(self) -> None:
        with pytest.raises(CouldNotRun, match=r"^cannot connect to http://127\.0\.0\.1:1: Connection refused$"):
            asyncio.run(storm("http://127.0.0.1:1", [buyer("ann", "key")], patience=HURRIED))


class TestAskingAgain:
    def test_when_the_server_is_busy(self) -> None:
        shop, (request,) = visit(
            [buyer("ann", "key")],
            misbehave=lambda _, time: problem(503, "busy", retry_after=0.01) if time == 1 else None,
        )
        assert statuses(request) == [503, 201]
        assert request.attempts[0].retry_after == 0.01
        assert shop.purchases[0]["key"] == "key"

    def test_when_the_connection_is_lost(self) -> None:
        _, (request,) = visit([buyer("ann", "key")], misbehave=lambda _, time: DROP if time == 1 else None)
        assert statuses(request) == [None, 201]
        assert request.attempts[0].failure

    def test_no_more_often_than_its_patience_allows(self) -> None:
        _, (request,) = visit([buyer("ann", "key")], misbehave=lambda *_: problem(503, "busy", retry_after=0))
        assert statuses(request) == [503] * HURRIED.attempts_max

    def test_no_longer_than_its_patience_allows(self) -> None:
        _, (request,) = visit([buyer("ann", "key")], misbehave=lambda *_: problem(503, "busy", retry_after=3600))
        assert statuses(request) == [503]

    def test_never_after_a_definite_answer(self) -> None:
        shop, (request,) = visit([buyer("ann", "key")], misbehave=lambda *_: problem(500, "internal"))
        assert statuses(request) == [500]
        assert shop.seen["ann"] == 1

    def test_writes_down_an_answer_that_is_no_json(self) -> None:
        _, (request,) = visit(
            [buyer("ann", "key")], misbehave=lambda *_: web.Response(status=201, text="<p>Thanks!</p>")
        )
        assert request.final.definite
        assert not request.final.acknowledged

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("2", 2.0), ("0.5", 0.5), ("-1", 0.0), (None, None), ("soon", None), ("nan", None), ("inf", None)],
    )
    def test_reads_the_time_to_wait(self, header: str | None, seconds: float | None) -> None:
        assert seconds_of(header) == seconds


class TestRoom:
    def test_is_refused_in_one_line_where_the_system_has_too_little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 512))
        with pytest.raises(CouldNotRun, match=r"^1000 buyers need 1356 open files, and the limit is 512: .*$"):
            make_room_for(1000, 1100)

    def test_is_made_where_the_system_allows_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        limits = list[tuple[int, int]]()
        monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 4096))
        monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.append(wanted))
        make_room_for(1000, 1100)
        assert limits == [(1356, 4096)]
