"""What is measured with `--postgres`: Sellout on PostgreSQL, and other designs on PostgreSQL and Redis."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks import database
from benchmarks.redis_design import BUYERS_KEY, STOCK_KEY
from benchmarks.server import STOP_SECONDS, Server, ServerError, free_port, running
from benchmarks.subjects import CAPACITY, SUBJECTS, Sellout, Subject
from benchmarks.verify import Expect, NotVerifiedError

UVICORN = [sys.executable, "-m", "uvicorn", "--log-level", "warning", "--timeout-graceful-shutdown", "1"]


class SelloutOnPostgres(Sellout):
    """Sellout on PostgreSQL, as `sellout serve` runs it, on one node or several."""

    def __init__(self, name: str, says: str, nodes: int = 1) -> None:
        super().__init__(name, says)
        self.nodes = nodes

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """`sellout serve` with its defaults; the database is in its environment."""
        return [sys.executable, "-m", "sellout", "serve", "--port", str(port)]

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Server]:
        """Its nodes, one after the other, on one fresh database."""
        with _fresh_database(folder) as base, ExitStack() as stack:
            nodes = [stack.enter_context(self._node(folder / f"node-{number}", base)) for number in range(self.nodes)]
            first, *others = nodes
            yield replace(
                first,
                more_urls=tuple(node.url for node in others),
                more_pids=tuple(node.pid for node in others),
                database=base,
            )

    @contextmanager
    def _node(self, folder: Path, base: database.Database) -> Iterator[Server]:
        folder.mkdir()
        port = free_port()
        environment = {**self.environment(folder), "SELLOUT_DATABASE": base.url}
        with running(self.command(port, folder), port, folder, environment, self.ready) as server:
            yield server


class ATransactionARequest(Subject):
    """A textbook design on PostgreSQL."""

    expect = Expect.SOLD
    statuses = frozenset({200})
    ready = "/openapi.json"

    def __init__(self, name: str, path: str, says: str) -> None:
        self.name, self.path, self.says = name, path, says

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """Uvicorn, without the log line a request."""
        return [*UVICORN, "--port", str(port), "benchmarks.transaction_a_request:app"]

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Server]:
        """Its server on a fresh database."""
        with _fresh_database(folder) as base:
            port = free_port()
            environment = {"BENCHMARK_DATABASE": base.url, "BENCHMARK_STOCK": str(CAPACITY)}
            with running(self.command(port, folder), port, folder, environment, self.ready) as server:
                yield replace(server, database=base)

    def sold(self, server: Server) -> int:
        """Counted in its table."""
        return int(_base(server).value("SELECT count(*) FROM purchases"))

    def audit(self, server: Server) -> None:
        """The stock that is left and the purchases must add up."""
        query = "SELECT stock + (SELECT sum(quantity) FROM purchases) FROM inventory"
        if _base(server).value(query) != CAPACITY:
            raise NotVerifiedError(f"{self.name}: stock and purchases do not add up to the capacity")


class RedisLua(Subject):
    """The script of the flash-sale tutorials, with every write on the disk before it is answered."""

    name = "redis-lua"
    says = "FastAPI and redis-server (appendfsync always), one Lua script a request"
    expect = Expect.SOLD
    statuses = frozenset({200})
    path = "/buy"
    ready = "/openapi.json"

    def missing(self) -> str | None:
        """It needs Redis."""
        return None if shutil.which("redis-server") else "redis-server is not installed (apt-get install redis-server)"

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """Uvicorn, without the log line a request."""
        return [*UVICORN, "--port", str(port), "benchmarks.redis_design:app"]

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Server]:
        """Its server beside a Redis of its own."""
        with _redis(folder) as pid:
            port = free_port()
            environment = {"BENCHMARK_REDIS": str(folder / "redis.sock")}
            with running(self.command(port, folder), port, folder, environment, self.ready) as server:
                yield replace(server, more_pids=(pid,))

    def sold(self, server: Server) -> int:
        """Its stock tells."""
        return CAPACITY - int(_ask_redis(server.folder, "GET", STOCK_KEY))

    def audit(self, server: Server) -> None:
        """As many buyers as units."""
        if int(_ask_redis(server.folder, "HLEN", BUYERS_KEY)) != self.sold(server):
            raise NotVerifiedError("redis-lua: stock and buyers do not add up to the capacity")


@contextmanager
def _fresh_database(folder: Path) -> Iterator[database.Database]:
    """A database on the one server of this run, whose data lies beside the folders of the subjects."""
    base = database.fresh(folder.parent)
    try:
        yield base
    finally:
        database.drop(base)


def _base(server: Server) -> database.Database:
    if server.database is None:
        raise ServerError("the server has no database")
    return server.database


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    """A durable Redis with the stock in it, on a socket in `folder`; its process."""
    options = ["--port", "0", "--unixsocket", str(folder / "redis.sock"), "--dir", str(folder), "--save", ""]
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for_redis(folder)
        _ask_redis(folder, "SET", STOCK_KEY, str(CAPACITY))
        yield process.pid
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def _wait_for_redis(folder: Path) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        with suppress(ServerError):
            if _ask_redis(folder, "PING") == "PONG":
                return
        time.sleep(0.05)
    raise ServerError("redis-server did not start")


def _ask_redis(folder: Path, *words: str) -> str:
    command = ["redis-cli", "-e", "-s", str(folder / "redis.sock"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServerError(f"redis-cli: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


NETWORKED: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        SelloutOnPostgres("buy-postgres", "Sellout on PostgreSQL, buying, an idempotency key each"),
        SelloutOnPostgres("buy-postgres-2", "the same, two nodes on one item, half of the connections each", nodes=2),
        ATransactionARequest(
            "textbook-postgres",
            "/textbook",
            "FastAPI, asyncpg with a pool of 20: BEGIN, SELECT FOR UPDATE, UPDATE, INSERT, COMMIT a request",
        ),
        ATransactionARequest(
            "one-statement-postgres", "/one-statement", "the same with one statement a request, which takes and inserts"
        ),
        RedisLua(),
    )
}

ALL = SUBJECTS | NETWORKED
