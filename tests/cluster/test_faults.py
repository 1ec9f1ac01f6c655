"""A part of the cluster fails in the middle of a sale. Whatever it is: exactly the stock is sold, and nothing that was
acknowledged is lost.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.sale import UNAVAILABLE, Sale
from tests.cluster.shops import Shops
from tests.cluster.verdict import check_answers, check_copies, check_sale

pytestmark = pytest.mark.timeout(200)

FAILOVER_SECONDS_MAX = 45.0
AFTER_SECONDS_MAX = 20.0
FREEZE_SECONDS = 30.0
ETCD_AWAY_SECONDS = 15.0
STANDBYS_AWAY_SECONDS = 20.0
COMMITS_WAIT_SECONDS = 8.0
"""Longer than SELLOUT_UNAVAILABLE_AFTER_SECONDS: their callers have given up."""

GRACE_SECONDS = 1.0

Figure = Callable[[str], None]
Fault = Callable[[Sale], float]
"""It breaks something and mends it; returns the instant at which it broke."""


def hold_sale(cluster: Cluster, shops: Shops, figure: Figure, name: str, fault: Fault, *, lost: bool = False) -> Sale:
    """A sale with a fault in its middle, and all checks."""
    sale = Sale([shop.url for shop in shops.all])
    broke: list[float] = []

    def first_sell_then_fail() -> None:
        sale.sells_again(AFTER_SECONDS_MAX)
        broke.append(fault(sale))

    try:
        asyncio.run(sale.run(first_sell_then_fail))
    finally:
        figure(f"{name}: {_described(sale, broke)}")
    check_sale(cluster, shops, sale)
    check_answers(sale.asked, lost=lost)
    check_answers(sale.looked, lost=lost)
    cluster.heal()
    check_copies(cluster, shops, sale)
    return sale


def check_nothing_is_sold(sale: Sale, since: float) -> None:
    """Buyers were told to come back, and only that. What was on a standby at that instant may have been told late."""
    told = [answer for answer in list(sale.asked) if answer.came > since + GRACE_SECONDS]
    assert told, "buyers are not left without any answer"
    assert {answer.status for answer in told} == {UNAVAILABLE}, Counter(answer.status for answer in told)


def _described(sale: Sale, broke: list[float]) -> str:
    statuses = dict(Counter(answer.status for answer in sale.asked))
    looks = dict(Counter(answer.status for answer in sale.looked))
    slowest = max((answer.seconds for answer in sale.asked), default=0.0)
    slowest_look = max((answer.seconds for answer in sale.looked), default=0.0)
    length, ended = sale.silence(broke[0]) if broke else (0.0, 0.0)
    return (
        f"no sale for {length:.1f} s, the next one {ended:.1f} s after the fault; buyers {statuses}, slowest "
        f"{slowest:.1f} s; lookers {looks}, slowest {slowest_look:.1f} s"
    )


def test_the_leader_is_killed(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    def fault(sale: Sale) -> float:
        broke = time.monotonic()
        cluster.leader().kill()
        sale.sells_again(FAILOVER_SECONDS_MAX)
        return broke

    hold_sale(cluster, shops, figure, "leader killed", fault)


def test_the_leader_stops_for_a_while_and_goes_on(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    """It comes back as one that believes to be the leader."""

    def fault(sale: Sale) -> float:
        leader = cluster.leader()
        broke = time.monotonic()
        leader.freeze()
        sale.sells_again(FREEZE_SECONDS)
        time.sleep(max(0.0, broke + FREEZE_SECONDS - time.monotonic()))
        leader.thaw()
        sale.sells_again(AFTER_SECONDS_MAX, count=150)
        return broke

    hold_sale(cluster, shops, figure, f"leader stopped for {FREEZE_SECONDS:.0f} s", fault)


def test_a_shop_is_killed_and_started_again(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    killed, other = shops.all

    def fault(sale: Sale) -> float:
        broke = time.monotonic()
        killed.kill()
        sale.sells_again(AFTER_SECONDS_MAX, other.url)
        killed.start()
        sale.sells_again(AFTER_SECONDS_MAX, killed.url)
        return broke

    hold_sale(cluster, shops, figure, "shop killed", fault, lost=True)


def test_a_shop_stops_in_the_middle_and_goes_on(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    """It may have locked the item: the server takes the lock back."""
    stopped, other = shops.all

    def fault(sale: Sale) -> float:
        broke = time.monotonic()
        stopped.freeze()
        sale.sells_again(AFTER_SECONDS_MAX, other.url)
        stopped.thaw()
        sale.sells_again(AFTER_SECONDS_MAX, stopped.url)
        return broke

    sale = Sale([shop.url for shop in shops.all])
    asyncio.run(sale.run(lambda: figure(f"shop stopped: {_described(sale, [fault(sale)])}")))
    check_sale(cluster, shops, sale)
    check_answers([answer for answer in sale.asked if answer.url == other.url], lost=False)


def test_the_leader_is_switched(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    def fault(sale: Sale) -> float:
        broke = time.monotonic()
        cluster.switch_over()
        sale.sells_again(AFTER_SECONDS_MAX)
        return broke

    hold_sale(cluster, shops, figure, "switchover", fault)


def test_without_standbys_nothing_is_acknowledged(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    """Writes stop rather than degrade, and go on by themselves."""

    def fault(sale: Sale) -> float:
        for standby in cluster.standbys():
            standby.kill()
        broke = time.monotonic()
        time.sleep(STANDBYS_AWAY_SECONDS)
        check_nothing_is_sold(sale, broke)
        waiting = cluster.waiting_for_locks(shops.database)
        assert waiting <= 2 * len(shops.all), f"{waiting} sessions wait for callers who have gone: the server fills up"
        cluster.heal()
        sale.sells_again(AFTER_SECONDS_MAX)
        return broke

    hold_sale(cluster, shops, figure, f"standbys killed for {STANDBYS_AWAY_SECONDS:.0f} s", fault)


def test_the_leader_is_killed_while_its_commits_wait(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    """It has committed on its own disk what the next leader may never see."""

    def fault(sale: Sale) -> float:
        leader, standbys = cluster.leader(), cluster.standbys()
        leader.freeze_first()  # so that Patroni does not write down that the standbys have gone, and one is promoted
        for standby in standbys:
            standby.kill()
        broke = time.monotonic()
        time.sleep(COMMITS_WAIT_SECONDS)
        check_nothing_is_sold(sale, broke)
        leader.kill()
        for standby in standbys:
            standby.start()
        sale.sells_again(FAILOVER_SECONDS_MAX)
        return broke

    hold_sale(cluster, shops, figure, "standbys killed, then the leader", fault)


def test_etcd_is_away_for_a_while(cluster: Cluster, shops: Shops, figure: Figure) -> None:
    def fault(sale: Sale) -> float:
        broke = time.monotonic()
        cluster.etcd.kill()
        time.sleep(ETCD_AWAY_SECONDS)
        cluster.etcd.start()
        sale.sells_again(FAILOVER_SECONDS_MAX)
        return broke

    hold_sale(cluster, shops, figure, f"etcd away for {ETCD_AWAY_SECONDS:.0f} s", fault)
