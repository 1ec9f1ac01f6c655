"""`sellout db`: the schema, moving a shop between engines, backups; on real databases of both."""

import asyncio
import json
import sqlite3
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sellout.domain import AddItem, Command, ConfirmHold, JoinWaitlist, KeyScope, Outcome, PayHold, Refund, TakeHold
from sellout.settings import Settings
from sellout.store.port import Store
from sellout.store.tables import TABLES
from tests import postgres
from tests.cli.terminal import sellout
from tests.processes import running
from tests.words import a_buy, an_item

SALE: Sequence[Command] = (
    AddItem(an_item("a", capacity=9, limit_per_buyer=5)),
    AddItem(an_item("b", capacity=3, paused=True, opens_at=5)),
    a_buy("a", 2, "ada", "k1"),
    a_buy("a", 1, "bob"),
    TakeHold("h1", "a", "cyd", 2, "k2"),
    TakeHold("h2", "a", "ada", 1, None),
    PayHold("h2", "k3"),
    ConfirmHold("h2", "p-of-h2", "ref", "k4"),
    Refund("p-of-h2", "k5"),
    JoinWaitlist("e1", "o1", "a", "dora", 3, "dora@example.org", "k6"),
)


def use(url: str, work: Any) -> Any:
    from sellout.bootstrap import open_store

    async def run() -> Any:
        store: Store = await open_store(Settings(database=url))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def transact(url: str, commands: Sequence[Command]) -> list[Outcome]:
    found: list[Outcome] = use(url, lambda store: store.transact(commands, time.monotonic() + 30))
    return found


async def make_keys(store: Store) -> None:
    """One of each kind: for all scopes, for one, and revoked."""
    await store.add_first_organiser_key("first-start", "one")
    await store.add_organiser_key("office", "two", {KeyScope.MANAGE})
    await store.add_organiser_key("till", "three", {KeyScope.READ, KeyScope.SELL})
    await store.revoke_organiser_key("till", last_too=False)


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is in a database."""
    queries = {t.name: f"SELECT {', '.join(t.columns)} FROM {t.name} ORDER BY {t.order}" for t in TABLES}
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return {name: connection.execute(query).fetchall() for name, query in queries.items()}
        finally:
            connection.close()

    async def read(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
        return {name: [tuple(row) for row in await connection.fetch(query)] for name, query in queries.items()}

    found: dict[str, list[tuple[Any, ...]]] = postgres.run(url, read)
    return found


def fresh(engine: str, folder: Path, name: str) -> str:
    return postgres.fresh_database() if engine == "postgres" else f"sqlite:///{folder / name}"


@pytest.mark.parametrize(
    ("here", "there"), [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"), ("postgres", "postgres")]
)
def test_a_shop_moves_with_all_that_it_has_and_goes_on(tmp_path: Path, here: str, there: str) -> None:
    source, target = fresh(here, tmp_path, "here.db"), fresh(there, tmp_path, "there.db")
    transact(source, SALE)
    use(source, make_keys)
    before, keys = rows(source), use(source, lambda store: store.organiser_keys())
    done = sellout("db", "copy", source, target, "--json", folder=tmp_path)
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert all(said["consistent"].values())
    assert said["rows"] == {name: len(found) for name, found in before.items()}
    assert rows(target) == before
    assert use(target, lambda store: store.organiser_keys()) == keys
    assert [bool(row[7]) for row in rows(source)["inventory"]] == [True, True], "the source sells no more"
    replay, sold = transact(target, [a_buy("a", 2, "ada", "k1"), a_buy("a", 1, "eve", "new")])
    assert (replay.replayed, sold.replayed) == (True, False)  # type: ignore[union-attr]
    audit = use(target, lambda store: store.audit("a"))
    assert audit.consistent


def test_a_copy_of_a_moment_leaves_the_source_selling(tmp_path: Path) -> None:
    source, target = fresh("sqlite", tmp_path, "here.db"), fresh("postgres", tmp_path, "")
    transact(source, SALE)
    before = rows(source)
    assert sellout("db", "copy", "--keep-selling", source, target, folder=tmp_path).code == 0
    assert rows(source) == rows(target) == before


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_is_copied_over_a_shop(tmp_path: Path, engine: str) -> None:
    source, target = fresh("sqlite", tmp_path, "here.db"), fresh(engine, tmp_path, "there.db")
    transact(source, SALE)
    transact(target, [AddItem(an_item("z"))])
    before = rows(target)
    done = sellout("db", "copy", source, target, folder=tmp_path)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "has items already" in done.err
    assert rows(target) == before
    assert not any(row[7] for row in rows(source)["inventory"][:1]), "and the source goes on selling"


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_keys_of_a_copy_are_those_of_the_source_alone(tmp_path: Path, engine: str) -> None:
    source, target = fresh("sqlite", tmp_path, "here.db"), fresh(engine, tmp_path, "there.db")
    transact(source, SALE)
    use(target, make_keys)
    before = rows(target)
    done = sellout("db", "copy", source, target, folder=tmp_path)
    assert (done.code, "has organiser keys already" in done.err) == (1, True)
    assert rows(target) == before


def test_a_copy_needs_two_databases(tmp_path: Path) -> None:
    assert sellout("db", "copy", "sqlite:///a.db", "sqlite:///a.db", folder=tmp_path).code == 2
    done = sellout("db", "copy", "sqlite:///nothing.db", "sqlite:///b.db", folder=tmp_path)
    assert (done.code, "no such file" in done.err) == (1, True)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_backup_is_a_shop_that_can_be_served(tmp_path: Path, engine: str) -> None:
    source, file = fresh(engine, tmp_path, "here.db"), tmp_path / "backup.db"
    transact(source, SALE)
    done = sellout("db", "backup", str(file), "--database", source, folder=tmp_path)
    assert done.code == 0, done.err
    assert rows(f"sqlite:///{file}") == rows(source)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "it is its owner's alone"
    again = sellout("db", "backup", str(file), "--database", source, folder=tmp_path)
    assert (again.code, "exists" in again.err) == (1, True)
    with running(file) as server:
        assert server.stop() == 0
    assert sellout("audit", "--database", f"sqlite:///{file}", folder=tmp_path).code == 0


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_backup_is_consistent_while_the_shop_sells(tmp_path: Path, engine: str) -> None:
    source, file = fresh(engine, tmp_path, "here.db"), tmp_path / "backup.db"
    transact(source, [AddItem(an_item("a", capacity=1_000_000))])

    async def sell_meanwhile(store: Store) -> int:
        backing_up = asyncio.create_task(asyncio.to_thread(sellout, "db", "backup", str(file), "--database", source,
                                                           folder=tmp_path))  # fmt: skip
        sold = 0
        while not backing_up.done():
            await store.transact([a_buy("a", key=f"k{sold + n}") for n in range(50)], time.monotonic() + 30)
            sold += 50
        assert (await backing_up).code == 0
        return sold

    sold = use(source, sell_meanwhile)
    assert sold > 50, "it was being sold"
    audit = use(f"sqlite:///{file}", lambda store: store.audit("a"))
    assert audit.consistent
    assert audit.item.sold <= sold


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_upgrade_makes_the_tables_and_says_what_it_did(tmp_path: Path, engine: str) -> None:
    url = fresh(engine, tmp_path, "shop.db")
    first = sellout("db", "upgrade", "--database", url, folder=tmp_path)
    assert (first.code, "applied 1" in first.out) == (0, True)
    second = sellout("db", "upgrade", "--database", url, folder=tmp_path)
    assert (second.code, "up to date" in second.out) == (0, True)
    assert sellout("db", "upgrade", "--sql", "--database", url, folder=tmp_path).out == ""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_the_printed_sql_does_the_same_and_printing_changes_nothing(tmp_path: Path, engine: str) -> None:
    url = fresh(engine, tmp_path, "shop.db")
    script = sellout("db", "upgrade", "--sql", "--database", url, folder=tmp_path).out
    assert sellout("db", "upgrade", "--sql", "--database", url, folder=tmp_path).out == script != ""
    if engine == "sqlite":
        connection = sqlite3.connect(tmp_path / "shop.db")
        connection.executescript(script)
        connection.close()
    else:
        postgres.run(url, lambda connection: connection.execute(script))
    assert "up to date" in sellout("db", "upgrade", "--database", url, folder=tmp_path).out
    assert len(transact(url, SALE)) == len(SALE)


def test_a_role_that_may_not_change_the_schema_can_serve_an_upgraded_database(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    grants = """
        DROP ROLE IF EXISTS seller;
        CREATE ROLE seller LOGIN;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO seller;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO seller;
    """
    as_seller = url.replace("//postgres:@", "//seller:@")
    postgres.run(url, lambda connection: connection.execute("CREATE ROLE seller LOGIN"))
    refused = sellout("audit", "--database", as_seller, folder=tmp_path)
    assert (refused.code, "sellout db upgrade" in refused.err) == (1, True)
    assert sellout("db", "upgrade", "--database", url, folder=tmp_path).code == 0
    postgres.run(url, lambda connection: connection.execute(grants))
    try:
        assert len(transact(as_seller, SALE)) == len(SALE)
        assert sellout("audit", "--database", as_seller, folder=tmp_path).code == 0
        refused = sellout("reset", "--yes", "--database", as_seller, folder=tmp_path)
        assert (refused.code, "permission denied" in refused.error) == (1, True)
    finally:
        postgres.run(url, lambda connection: connection.execute("DROP OWNED BY seller; DROP ROLE seller"))
