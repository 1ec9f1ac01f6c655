"""What is measured: how each subject is started, which requests it gets, and how its own count is read."""

import secrets
import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import held
from benchmarks.load import HOLD_CONFIRM, PURCHASE
from benchmarks.server import Server, ServerError, call, free_port, running
from benchmarks.verify import Expect, NotVerifiedError
from sellout.settings import Settings
from sellout.supervisor import BACKLOG

CAPACITY = 1_000_000_000
ITEM = "benchmark"
DATABASE = "sellout.db"
ORGANISER_KEY = secrets.token_hex(16)

DEFAULTS = Settings.model_fields

# As Sellout's own `serve` sets Granian up: the ceiling must stand on the same server.
GRANIAN = ["--interface", "asginl", "--workers", "1", "--loop", "uvloop", "--http", "1", "--no-ws"]
GRANIAN += ["--backlog", str(BACKLOG), "--backpressure", str(DEFAULTS["connections_max"].default)]
GRANIAN += ["--http1-header-read-timeout", f"{DEFAULTS['header_read_seconds'].default * 1000:.0f}"]
GRANIAN += ["--log-level", "error"]


class Subject(ABC):
    """One thing to measure."""

    name: str
    says: str
    expect: Expect
    statuses: frozenset[int]
    keyed = True
    script = PURCHASE
    path = f"/v1/items/{ITEM}/purchases"
    ready = "/readyz"

    def missing(self) -> str | None:
        """Why it cannot be measured here; None where it can."""
        return None

    @abstractmethod
    def command(self, port: int, folder: Path) -> list[str]:
        """The command line of its server."""

    def environment(self, folder: Path) -> dict[str, str]:  # noqa: ARG002 - for subjects that need none
        """The environment variables of its server."""
        return {}

    def prepare(self, server: Server) -> None:  # noqa: B027 - most have nothing to do
        """Make what is bought. Called once on a fresh database."""

    def prepare_run(self, server: Server, seconds: int) -> None:  # noqa: B027 - most have nothing to do
        """Make what comes up during a run of so many seconds. Called before each, while the server is idle."""

    def sold(self, server: Server) -> int:  # noqa: ARG002 - the ceiling sells nothing
        """How many units its own books say are sold."""
        return 0

    def audit(self, server: Server) -> None:  # noqa: B027 - the ceiling has no books
        """Raise NotVerifiedError if its books do not add up. Called once, before the server stops."""

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Server]:
        """Its server, running in `folder`."""
        port = free_port()
        with running(self.command(port, folder), port, folder, self.environment(folder), self.ready) as server:
            yield server


class NoOp(Subject):
    """The ceiling, or its variant that takes the request's body."""

    expect = Expect.ANSWERED
    statuses = frozenset({200})

    def __init__(self, name: str, application: str, says: str) -> None:
        self.name, self.application, self.says = name, application, says

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """Granian as Sellout runs it."""
        target = f"benchmarks.noop:{self.application}"
        return [sys.executable, "-m", "granian", *GRANIAN, "--port", str(port), target]


class NoOpHold(NoOp):
    """The ceiling under the script that looks at the answers: what that script itself costs."""

    statuses = frozenset({200, 201})
    script = HOLD_CONFIRM
    path = f"/v1/items/{ITEM}/holds"


class SeedDesign(Subject):
    """A transaction and a connection a request."""

    name = "seed"
    says = "the seed's design: FastAPI, aiosqlite, Uvicorn, a transaction a request"
    expect = Expect.SOLD_OR_FAILED
    statuses = frozenset({200, 500})
    path = "/buy_ticket"
    ready = "/openapi.json"

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """Uvicorn as the seed runs it, but without the log line a request."""
        options = ["--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "1"]
        return [sys.executable, "-m", "uvicorn", *options, "benchmarks.seed_design:app"]

    def environment(self, folder: Path) -> dict[str, str]:
        """Its database, and more stock than a run can sell."""
        return {"SEED_DATABASE": str(folder / "inventory.db"), "SEED_STOCK": str(CAPACITY)}

    def sold(self, server: Server) -> int:
        """Read from its file, for it has no route that tells."""
        with closing(sqlite3.connect(server.folder / "inventory.db", timeout=60)) as db:
            return int(db.execute("SELECT count(*) FROM purchases").fetchone()[0])

    def audit(self, server: Server) -> None:
        """The stock that is left and the purchases must add up."""
        with closing(sqlite3.connect(server.folder / "inventory.db", timeout=60)) as db:
            query = "SELECT stock + (SELECT count(*) FROM purchases) FROM inventory"
            if db.execute(query).fetchone()[0] != CAPACITY:
                raise NotVerifiedError("seed: stock and purchases do not add up to the capacity")


class Sellout(Subject):
    """Sellout on SQLite, as `sellout serve` runs it."""

    expect = Expect.SOLD
    statuses = frozenset({201})

    def __init__(
        self, name: str, says: str, *, keyed: bool = True, limit: int | None = None, sold_out: bool = False
    ) -> None:
        self.name, self.says, self.keyed, self.limit, self.sold_out = name, says, keyed, limit, sold_out
        if sold_out:
            self.expect, self.statuses = Expect.REFUSED, frozenset({410})

    def command(self, port: int, folder: Path) -> list[str]:  # noqa: ARG002
        """`sellout serve` with its defaults, on a file in its own folder."""
        options = ["--port", str(port), "--database", f"sqlite:///{DATABASE}"]
        return [sys.executable, "-m", "sellout", "serve", *options]

    def environment(self, folder: Path) -> dict[str, str]:  # noqa: ARG002
        """The organiser's key, with which the item is made."""
        return {"SELLOUT_ORGANISER_KEY": ORGANISER_KEY}

    def prepare(self, server: Server) -> None:
        """Put the item on sale; for the sold-out subjects, sell its only unit."""
        add_item(server, ITEM, 1 if self.sold_out else CAPACITY, self.limit)
        if self.sold_out:
            status, answer = call(server.url + self.path, {"buyer": "the only one", "quantity": 1})
            if status != 201:
                raise ServerError(f"{self.name}: could not buy the only unit: {status} {answer}")

    def sold(self, server: Server) -> int:
        """The item's own counter."""
        return int(_answer(server, f"/v1/items/{ITEM}")["sold"])

    def audit(self, server: Server) -> None:
        """The ledger must agree with the counters."""
        books = _answer(server, f"/v1/items/{ITEM}/audit", ORGANISER_KEY)
        if books["consistent"] is not True:
            raise NotVerifiedError(f"{self.name}: the audit is not consistent: {books}")


class HoldConfirm(Sellout):
    """Sellout on SQLite, where each buyer takes a hold and confirms it, with other holds lying in the file.

    `lying` of them stay open throughout; `due_a_second` more end in each second of a run.
    """

    expect = Expect.CONFIRMED
    statuses = frozenset({200, 201})
    script = HOLD_CONFIRM
    path = f"/v1/items/{ITEM}/holds"

    def __init__(self, name: str, says: str, *, lying: int, due_a_second: int) -> None:
        super().__init__(name, says)
        self.lying, self.due_a_second = lying, due_a_second

    def prepare(self, server: Server) -> None:
        """Put the item on sale, and the holds that lie there into the file."""
        super().prepare(server)
        held.add_lying(server.folder / DATABASE, ITEM, self.lying)

    def prepare_run(self, server: Server, seconds: int) -> None:
        """Put the holds into the file that end during the run."""
        held.add_due(server.folder / DATABASE, ITEM, self.due_a_second, seconds)

    def audit(self, server: Server) -> None:
        """The ledger must agree with the counters, and holds must have ended while others were taken."""
        super().audit(server)
        due, expired = held.count_due(server.folder / DATABASE, ITEM)
        if expired < due / 2 or not due:
            raise NotVerifiedError(f"{self.name}: of {due} holds that came due, {expired} were ended")


def add_item(server: Server, item: str, capacity: int, limit: int | None = None) -> None:
    """Put an item on sale on a Sellout server."""
    wanted: dict[str, object] = {"id": item, "name": item, "capacity": capacity}
    if limit is not None:
        wanted["limit_per_buyer"] = limit
    status, answer = call(server.url + "/v1/items", wanted, ORGANISER_KEY)
    if status != 201:
        raise ServerError(f"could not create the item: {status} {answer}")


def _answer(server: Server, path: str, key: str | None = None) -> dict[str, Any]:
    status, answer = call(server.url + path, key=key)
    if status != 200 or not isinstance(answer, dict):
        raise ServerError(f"GET {path}: {status} {answer}")
    return answer


CEILING = NoOp("no-op", "app", "a bare ASGI endpoint on the same server: the ceiling")
NO_OP_BODY = NoOp("no-op-body", "reading", "the same, taking the request's body (for information)")
NO_OP_HOLD = NoOpHold("no-op-hold", "holding", "the same as no-op, under the script of hold-confirm (for information)")
SEED = SeedDesign()
BUY = Sellout("buy", "Sellout, buying, an idempotency key each")
BUY_PLAIN = Sellout("buy-no-key", "Sellout, buying, without a key", keyed=False)
BUY_LIMIT = Sellout("buy-limit", "Sellout, buying, a key each and a limit per buyer", limit=1)
SOLD_OUT = Sellout("sold-out", "Sellout, sold out, an idempotency key each", sold_out=True)
SOLD_OUT_PLAIN = Sellout("sold-out-no-key", "Sellout, sold out, without a key", keyed=False, sold_out=True)
HOLD_AND_CONFIRM = HoldConfirm(
    "hold-confirm",
    "Sellout, taking a hold and confirming it, a key each; 100 000 open holds in the file, 500 more end every second",
    lying=100_000,
    due_a_second=500,
)

SUBJECTS: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        CEILING,
        NO_OP_BODY,
        NO_OP_HOLD,
        SEED,
        BUY,
        BUY_PLAIN,
        BUY_LIMIT,
        SOLD_OUT,
        SOLD_OUT_PLAIN,
        HOLD_AND_CONFIRM,
    )
}
