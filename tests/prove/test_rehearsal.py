"""Whole runs against a small shop on a real socket: honest ones, dishonest ones, and ones that cannot be."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from sellout.prove import CouldNotRun
from sellout.prove.customer import Patience
from sellout.prove.plan import Plan
from sellout.prove.rehearsal import Result, prove
from tests.prove.fake_shop import DROP, KEY, FakeShop, problem

PLAN = Plan(buyers=30, stock=10, organiser_key=KEY, patience=Patience(attempts_max=3, pause_seconds=0.0))


def run(shop: FakeShop, plan: Plan) -> Result:
    async def whole() -> Result:
        async with shop.open():
            return await prove(replace(plan, url=shop.url))

    return asyncio.run(whole())


def broken(result: Result) -> list[str]:
    return [ruling.name for ruling in result.verdict.broken]


class TestWithAnItemOfItsOwn:
    def test_an_honest_shop_is_exact(self) -> None:
        shop = FakeShop()
        result = run(shop, PLAN)
        assert result.exact
        assert (result.evidence.after.sold, len(result.evidence.purchases)) == (10, 10)
        assert result.facts.item == result.facts.run_id

    def test_it_leaves_the_item_paused(self) -> None:
        shop = FakeShop()
        result = run(shop, PLAN)
        assert shop.items[result.facts.item]["paused"] is True

    def test_all_pages_of_purchases_are_read(self) -> None:
        result = run(FakeShop(), replace(PLAN, buyers=250, stock=230))
        assert len(result.evidence.purchases) == 230
        assert result.exact

    def test_several_units_a_buyer(self) -> None:
        result = run(FakeShop(), replace(PLAN, quantity_max=4))
        assert result.exact
        assert result.evidence.after.available == 0

    def test_a_busy_and_faltering_shop_is_exact_all_the_same(self) -> None:
        def falter(_buyer: str, time: int) -> web.Response | str | None:
            if time == 1:
                return problem(503, "busy", retry_after=0)
            return DROP if time == 2 else None

        assert run(FakeShop(falter), replace(PLAN, doubled_share=0)).exact

    def test_a_shop_that_answers_twice_differently_is_not(self) -> None:
        def differ(_buyer: str, time: int) -> web.Response | None:
            return web.json_response({"purchase_id": f"other-{time}"}, status=201) if time == 2 else None

        result = run(FakeShop(differ), replace(PLAN, buyers=10, doubled_share=0.1))
        assert broken(result) == [
            "never_oversold",
            "acknowledged_is_kept",
            "once_per_key",
            "counters_match_ledger",
        ]

    def test_a_shop_that_fails_one_buyer_is_not(self) -> None:
        def fail(buyer: str, _time: int) -> web.Response | None:
            return problem(500, "internal") if buyer.endswith("-00003") else None

        assert broken(run(FakeShop(fail), PLAN)) == ["every_request_answered"]

    def test_the_organisers_key_must_be_right(self) -> None:
        with pytest.raises(CouldNotRun, match=r"^POST /v1/items was answered 401 unauthorized$"):
            run(FakeShop(), replace(PLAN, organiser_key="wrong"))


class TestWithSomebodyElsesItem:
    def shop(self, **more: Any) -> FakeShop:
        shop = FakeShop()
        shop.stock("lamp", 10, **more)
        return shop

    def test_each_buyer_looks_up_what_they_got_where_there_is_no_key(self) -> None:
        result = run(self.shop(), replace(PLAN, item="lamp", organiser_key=None))
        assert result.exact
        assert len(result.evidence.purchases) == 10

    def test_others_purchases_are_left_out(self) -> None:
        shop = self.shop()
        shop.purchases = [{"purchase_id": "old", "quantity": 2, "buyer": "ann", "state": "sold", "key": "k"}]
        shop.items["lamp"]["sold"] = 2
        result = run(shop, replace(PLAN, item="lamp"))
        assert result.exact
        assert len(result.evidence.purchases) == 8

    def test_it_stays_on_sale(self) -> None:
        shop = self.shop()
        run(shop, replace(PLAN, item="lamp"))
        assert "paused" not in shop.items["lamp"]

    def test_it_must_exist(self) -> None:
        with pytest.raises(CouldNotRun, match=r"^no item lamp at http://\S+$"):
            run(FakeShop(), replace(PLAN, item="lamp"))

    def test_it_must_be_on_sale(self) -> None:
        with pytest.raises(CouldNotRun, match=r"^item lamp is paused: nobody can buy"):
            run(self.shop(state="paused"), replace(PLAN, item="lamp"))


class TestWhatCannotRun:
    @pytest.mark.parametrize(
        ("plan", "why"),
        [
            (Plan(buyers=0), "at least 1"),
            (Plan(stock=0), "at least 1"),
            (Plan(item="lamp"), "give its URL"),
            (Plan(seed=1), "^rush makes no random choices: leave the seed out$"),
            (Plan(scenario="riot"), "^there is no scenario riot: the scenarios are rush, holds, returns, baskets$"),
            (Plan(scenario="holds", item="a", url="http://127.0.0.1:1"), "^holds adds what it sells itself: leave the"),
            (Plan(scenario="holds", url="http://127.0.0.1:1"), "^set SELLOUT_ORGANISER_KEY, so that one can be added$"),
            (Plan(url="http://127.0.0.1:1"), "name the item"),
            (Plan(url="http://127.0.0.1:1", item="a", database="sqlite:///a.db"), "the one or the other"),
            (Plan(url="http://127.0.0.1:1", item="a"), r"cannot reach http://127\.0\.0\.1:1"),
            (Plan(url="nonsense", item="a"), "'nonsense' is no address of a server"),
        ],
    )
    def test_says_why(self, plan: Plan, why: str) -> None:
        with pytest.raises(CouldNotRun, match=why) as stopped:
            asyncio.run(prove(plan))
        assert "\n" not in str(stopped.value)
