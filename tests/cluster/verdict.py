"""What has to be true after a sale, whatever failed meanwhile."""

import time
from collections import Counter
from typing import Any

from tests.cluster.cluster import Cluster, Node
from tests.cluster.sale import BUYERS, NO_ANSWER, STOCK, UNAVAILABLE, Answer, Sale
from tests.cluster.shops import Shops
from tests.postgres import run

ANSWER_SECONDS_MAX = 8.0
"""The longest answer: SELLOUT_UNAVAILABLE_AFTER_SECONDS (5), and time for a busy machine."""

REPLAY_SECONDS_MAX = 20.0


def check_answers(answers: list[Answer], *, lost: bool) -> None:
    """Everybody had a clear answer in time. `lost`: a shop went away, so connections to it were lost."""
    slow = [answer for answer in answers if answer.seconds > ANSWER_SECONDS_MAX]
    assert not slow, f"{len(slow)} answers took too long, such as {slow[0]}"
    expected = {200, 201, 409, 410, UNAVAILABLE} | ({NO_ANSWER} if lost else set())
    assert {answer.status for answer in answers} <= expected, Counter(answer.status for answer in answers)
    assert all(answer.retry_after for answer in answers if answer.status == UNAVAILABLE), "503 says when to ask again"


def check_sale(cluster: Cluster, shops: Shops, sale: Sale) -> None:
    """Exactly the stock is sold, and everybody has what they were told."""
    assert len(sale.bought) + len(sale.refused) == BUYERS, "every request was resolved"
    _check_rows(_rows_on(cluster, cluster.leader(), shops), sale)
    audit = shops.audit()
    assert audit.returncode == 0, audit.stdout + audit.stderr


def check_copies(cluster: Cluster, shops: Shops, sale: Sale) -> None:
    """Every node of the healed cluster has the same."""
    for node in cluster.nodes:
        deadline = time.monotonic() + REPLAY_SECONDS_MAX
        while len(rows := _rows_on(cluster, node, shops)[0]) < STOCK:
            assert time.monotonic() < deadline, f"{node.name} has only {len(rows)} purchases"
            time.sleep(0.2)
        _check_rows(_rows_on(cluster, node, shops), sale)


def _rows_on(cluster: Cluster, node: Node, shops: Shops) -> tuple[list[Any], Any]:
    async def ask(connection: Any) -> tuple[list[Any], Any]:
        purchases = await connection.fetch("SELECT idempotency_key, id, quantity FROM purchases")
        return purchases, await connection.fetchrow("SELECT capacity, sold, held FROM inventory")

    found: tuple[list[Any], Any] = run(cluster.address_of(node, shops.database), ask)
    return found


def _check_rows(found: tuple[list[Any], Any], sale: Sale) -> None:
    purchases, counters = found
    kept = {key: purchase for key, purchase, _ in purchases}
    lost = {key: purchase for key, purchase in sale.bought.items() if kept.get(key) != purchase}
    assert not lost, f"{len(lost)} acknowledged purchases are lost, such as {next(iter(lost.items()))}"
    assert kept == sale.bought, "whoever has a purchase was told so"
    assert len(purchases) == len(kept) == STOCK, "each key has one purchase, and the stock is sold exactly"
    assert tuple(counters) == (STOCK, STOCK, 0)
    assert all(quantity == 1 for _, _, quantity in purchases)
