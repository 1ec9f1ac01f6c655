"""Sellout nodes on a cluster: each a `sellout serve` of its own, which tests kill, stop and start again."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.machines import Machine, end_all, free_ports
from tests.processes import ORGANISER_KEY, answers, wait_until

START_SECONDS_MAX = 45.0
"""A start itself gives up after SELLOUT_LOCK_WAIT_SECONDS (30), and says why."""


class Shop(Machine):
    """One Sellout node. Its address stays the same when it is started again."""

    def __init__(self, folder: Path, database: str, port: int, stock: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "sellout", "serve", "--port", str(port), "--workers", "1"]
        variables = {
            "SELLOUT_DATABASE": database,
            "SELLOUT_STOCK": str(stock),
            "SELLOUT_ORGANISER_KEY": ORGANISER_KEY,
        }
        super().__init__(folder, command, variables)

    def start(self) -> None:
        super().start()
        wait_until(lambda: not self.runs or answers(self.url), START_SECONDS_MAX)
        assert self.runs, f"a shop ended at its start:\n{self.tail()}"


class Shops:
    """All Sellout nodes of one sale, on one database."""

    def __init__(self, cluster: Cluster, count: int, stock: int) -> None:
        self.database = cluster.fresh_database()
        self.address = cluster.address(self.database)
        self.folder = cluster.folder / f"of_{self.database}"
        self.folder.mkdir()
        self.all = [
            Shop(self.folder / f"shop{number}", self.address, port, stock)
            for number, port in enumerate(free_ports(count), 1)
        ]

    def start(self) -> None:
        for shop in self.all:
            shop.start()

    def end(self) -> None:
        end_all(self.folder)
        for shop in self.all:
            shop.reap()

    def audit(self) -> subprocess.CompletedProcess[str]:
        """`sellout audit`, as an operator runs it."""
        command = [sys.executable, "-m", "sellout", "audit", "--database", self.address]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SELLOUT_")}
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)

    def tails(self) -> str:
        return "\n".join(shop.tail() for shop in self.all)
