"""Webhooks of real servers: two workers, one that is killed between an answer and its cursor, and what metrics say."""

import json
import os
import re
import signal
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import sellout
from tests.processes import ORGANISER_KEY, Server, running, wait_until
from tests.webhooks.receiver import Message, Reaction, Receiver

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

QUICK = {
    "SELLOUT_WEBHOOK_PRIVATE_ADDRESSES": "true",
    "SELLOUT_WEBHOOK_TIMEOUT_SECONDS": "1",
    "SELLOUT_WEBHOOK_RETRY_SECONDS": "0.05",
    "SELLOUT_WEBHOOK_RETRY_SECONDS_MAX": "0.2",
}
STOCK = 25


def ask(url: str, method: str = "GET") -> str:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"Bearer {ORGANISER_KEY}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def add_endpoint(database: Path, receiver: Receiver) -> str:
    """By the command line, while the server runs."""
    done = sellout(
        "webhooks",
        "add",
        receiver.url,
        "--database",
        f"sqlite:///{database}",
        "--json",
        folder=database.parent,
        **QUICK,
    )
    assert (done.code, done.err) == (0, "")
    view = json.loads(done.out)
    receiver.secret = view["secret"]
    return str(view["id"])


def buy(server: Server) -> dict[str, Any]:
    bought: dict[str, Any] = json.loads(ask(f"{server.url}/buy_ticket", "POST"))
    return bought


def told_purchases(receiver: Receiver) -> list[str]:
    """In the order of their first acceptance."""
    ids = [m.data["purchase_id"] for m in receiver.accepted if m.type == "purchase.created"]
    return list(dict.fromkeys(ids))


def test_two_workers_tell_each_purchase_in_order_and_their_figures_are_one_sum(
    tmp_path: Path, receiver: Receiver
) -> None:
    options = {**QUICK, "SELLOUT_STOCK": str(STOCK)}
    with running(tmp_path / "shop.db", "--workers", "2", **options) as server:
        add_endpoint(tmp_path / "shop.db", receiver)
        bought = [buy(server)["purchase_id"] for _ in range(STOCK)]
        wait_until(lambda: len(receiver.ids()) == STOCK + 1)
        assert told_purchases(receiver) == bought
        assert receiver.accepted[-1].type == "item.sold_out"
        assert len(receiver.messages) == STOCK + 1, "one worker delivers, and nothing failed"

        def is_counted() -> bool:
            text = ask(f"{server.url}/metrics")
            delivered = re.findall(
                r'^sellout_webhook_deliveries_total\{outcome="delivered"\} (\S+)$', text, re.MULTILINE
            )
            oldest = re.findall(r"^sellout_webhook_oldest_undelivered_seconds (\S+)$", text, re.MULTILINE)
            return [float(each) for each in (*delivered, *oldest)] == [STOCK + 1, 0]

        wait_until(is_counted)
        assert server.stop() == 0


def test_a_server_that_is_killed_after_an_answer_tells_it_again_and_loses_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    """The receiver kills the server's processes while it still holds the answer; then it answers."""
    killed = threading.Event()
    servers: list[Server] = []

    def kills(message: Message) -> Reaction:
        if len(receiver.ids()) == 3 and not killed.is_set():
            os.killpg(servers[0].process.pid, signal.SIGKILL)
            killed.set()
        return 200

    with running(tmp_path / "shop.db", **QUICK) as first:
        servers.append(first)
        add_endpoint(tmp_path / "shop.db", receiver)
        receiver.react = lambda _: 500
        bought = [buy(first)["purchase_id"] for _ in range(8)]
        receiver.react = kills
        wait_until(killed.is_set)
    with running(tmp_path / "shop.db", **QUICK) as second:
        bought.append(buy(second)["purchase_id"])
        wait_until(lambda: len(receiver.ids()) == len(bought))
        assert told_purchases(receiver) == bought
        accepted = [message.id for message in receiver.accepted]
        assert len(accepted) > len(set(accepted)), "what was answered but not kept has arrived again"
        assert second.stop() == 0


def test_nothing_is_sent_to_a_private_address_unless_it_is_allowed(tmp_path: Path, receiver: Receiver) -> None:
    closed = QUICK | {"SELLOUT_WEBHOOK_PRIVATE_ADDRESSES": "false"}
    with running(tmp_path / "shop.db", **closed) as server:
        add_endpoint(tmp_path / "shop.db", receiver)
        buy(server)
        wait_until(lambda: 'outcome="forbidden_address"' in ask(f"{server.url}/metrics"))
        assert receiver.messages == []
        assert server.stop() == 0
    with running(tmp_path / "shop.db", **QUICK):
        wait_until(lambda: len(receiver.accepted) == 1)
