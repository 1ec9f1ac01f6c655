"""`sellout report` and `sellout audit --report`: closing reports, verified without the database, and against it."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.terminal import Done, sellout
from tests.cli.test_database import TAMPERED, execute
from tests.http.shop import running_shop


@pytest.fixture
def reported(tmp_path: Path) -> Path:
    """A folder with a shop, a key and a report."""
    with running_shop(tmp_path / "inventory.db") as shop:
        shop.refund(shop.ticket(quantity=3).json()["purchase_id"])
        shop.ticket()
    made = sellout("report", "--new-key", "report.key", folder=tmp_path)
    assert (made.code, made.out.splitlines()[-1][:7]) == (0, "SHA256:")
    done = sellout("report", "item-a", "--key", "report.key", "--output", "item-a.json", folder=tmp_path)
    assert done == (0, "", "")
    return tmp_path


def verify(folder: Path, *words: str) -> Done:
    return sellout("audit", "--report", "item-a.json", *words, folder=folder)


def test_a_report_is_verified_by_whoever_has_the_public_key(reported: Path) -> None:
    report = json.loads((reported / "item-a.json").read_text())
    assert (report["item"]["sold"], report["item"]["available"]) == (1, 99)
    for file in ("inventory.db", "inventory.db-wal", "inventory.db-shm", "report.key"):
        (reported / file).unlink(missing_ok=True)
    done = verify(reported, "--public-key", "report.key.pub")
    assert (done.code, done.err, done.out.splitlines()[0]) == (0, "", "item-a.json: verified")
    assert "whoever that is" not in done.out
    assert "whoever that is: --public-key says who it must be" in verify(reported).out
    found = json.loads(verify(reported, "--json").out)
    assert (found["verified"], found["findings"], found["signed_by"][:7]) == (True, [], "SHA256:")


def test_a_changed_byte_is_found(reported: Path) -> None:
    file = reported / "item-a.json"
    file.write_text(file.read_text().replace('"sold": 1', '"sold": 2', 1))
    done = verify(reported)
    assert (done.code, done.out.splitlines()) == (
        1,
        ["item-a.json: NOT VERIFIED", "it was changed after it was signed"],
    )


def test_another_signer_is_found(reported: Path) -> None:
    sellout("report", "--new-key", "other.key", folder=reported)
    done = verify(reported, "--public-key", "other.key.pub")
    assert (done.code, "another key" in done.out) == (1, True)


def test_the_database_goes_on_from_the_report(reported: Path) -> None:
    assert verify(reported, "--database", "sqlite:///inventory.db").code == 0
    with running_shop(reported / "inventory.db") as shop:
        shop.ticket()
    assert verify(reported, "--database", "sqlite:///inventory.db").code == 0


@pytest.mark.parametrize("case", TAMPERED)
def test_a_database_that_was_changed_since_is_found(reported: Path, case: str) -> None:
    execute(reported / "inventory.db", *TAMPERED[case])
    done = verify(reported, "--database", "sqlite:///inventory.db")
    assert (done.code, done.out.splitlines()[0]) == (1, "item-a.json: NOT VERIFIED")
    assert verify(reported).code == 0, "the report itself is as it was"
    refused = sellout("report", "item-a", "--key", "report.key", folder=reported)
    assert (refused.code, "NOT CONSISTENT" in refused.error) == (1, True)


def test_a_ledger_that_was_made_anew_is_not_the_one_that_was_reported(reported: Path) -> None:
    """Whoever can write everything can make a whole new chain: that is what a report is kept elsewhere for."""
    assert sellout("reset", "--yes", folder=reported).code == 0
    with running_shop(reported / "inventory.db") as shop:
        for _ in range(4):
            shop.ticket()
    assert sellout("audit", folder=reported).code == 0
    done = verify(reported, "--database", "sqlite:///inventory.db")
    assert (done.code, "another one: the ledger was changed" in done.out) == (1, True)


def test_a_key_is_secret_and_nothing_is_written_over(reported: Path) -> None:
    assert stat.S_IMODE((reported / "report.key").stat().st_mode) == 0o600
    again = sellout("report", "--new-key", "report.key", folder=reported)
    assert (again.code, "exists" in again.error) == (1, True)
    again = sellout("report", "item-a", "--key", "report.key", "--output", "item-a.json", folder=reported)
    assert (again.code, "exists" in again.error) == (1, True)


def test_bad_usage_says_what_is_needed(reported: Path) -> None:
    assert sellout("report", "item-a", folder=reported).code == 2
    assert sellout("report", "item-a", "--key", "report.key.pub", folder=reported).code == 2
    assert sellout("report", "item-z", "--key", "report.key", folder=reported).error == "there is no item item-z"
    assert sellout("audit", "--report", "nothing.json", folder=reported).code == 2
    assert sellout("audit", "--public-key", "report.key.pub", folder=reported).code == 2
    assert sellout("report", "item-a", "--new-key", "another.key", folder=reported).code == 2
    assert not (reported / "another.key").exists()
