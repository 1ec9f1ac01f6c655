"""`sellout audit` and `sellout reset`: the commands on a whole database."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sellout.auditing import FullAudit, WholeAudit, audit_all
from sellout.bootstrap import default_item
from sellout.cli.console import (
    AsJson,
    DatabaseUrl,
    Failed,
    print_json,
    print_table,
    with_reader,
    with_store,
)
from sellout.cli.reports import audit_report
from sellout.domain import AddItem
from sellout.http.times import rfc3339
from sellout.http.views import audit_view
from sellout.settings import load_settings


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        epilog="Examples: sellout audit --database sqlite:///shop.db | "
        "sellout audit --report item-a.json --public-key report.key.pub"
    )(audit)
    app.command(epilog="Example: sellout reset --yes")(reset)


def audit(
    database: DatabaseUrl = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Verify a closing report; no database is needed."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", metavar="FILE", help="Who must have signed the report, PEM.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the ledger of every item against its counters, and check its seals. Nothing is made or changed.

    Exit code 0: consistent, 1: not, or there is no shop, 2: it could not be checked.
    """
    if report is not None:
        raise typer.Exit(0 if audit_report(report, public_key, database, as_json=as_json) else 1)
    if public_key is not None:
        raise Failed("--public-key is for a report: name that with --report", 2)
    found = with_reader(load_settings(database=database), audit_all, code=2)
    if as_json:
        print_json(whole_view(found))
    else:
        _print(found)
    raise typer.Exit(0 if found.consistent else 1)


def _print(found: WholeAudit) -> None:
    rows = [(*_counters(item), "consistent" if item.consistent else "NOT CONSISTENT") for item in found.items]
    print_table(("item", "capacity", "sold", "held", "movements", "sealed", "ledger"), rows)
    for line in (line for item in found.items for line in item.ledger.findings()):
        typer.echo(line)
    for table, count in found.extent.orphans.items():
        typer.echo(f"NOT CONSISTENT: {count} rows of {table} name an item that is not there")
    _, purchases, movements, last, _ = found.extent
    moved = "nothing has moved" if last is None else f"the last movement was at {rfc3339(last)}"
    typer.echo(f"{len(found.items)} items, {purchases} purchases, {movements} movements; {moved}")


def whole_view(found: WholeAudit) -> dict[str, Any]:
    """The audit of a database for programs."""
    last = found.extent.last_moved_at
    return {
        "consistent": found.consistent,
        "purchases": found.extent.purchases,
        "movements": found.extent.movements,
        "last_moved_at": None if last is None else rfc3339(last),
        "orphans": found.extent.orphans,
        "items": {item.audit.item.id: full_view(item) for item in found.items},
    }


def _counters(found: FullAudit) -> tuple[str, int, int, int, int, int]:
    item = found.audit.item
    movements = sum(total.movements for total in found.audit.sums.values())
    return item.id, item.capacity, item.sold, item.held, movements, found.ledger.movements


def full_view(found: FullAudit) -> dict[str, Any]:
    """The audit of an item for programs: what the HTTP interface shows, and the seals."""
    return {
        **audit_view(found.audit),
        "seals": {
            "last": found.ledger.seal_no,
            "digest": found.ledger.digest,
            "sealed": found.ledger.movements,
            "unsealed": found.ledger.unsealed,
            "breaks": [each._asdict() for each in found.ledger.breaks],
            "breaks_in_all": found.ledger.breaks_in_all,
        },
        "consistent": found.consistent,
    }


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Really remove all items, purchases and movements.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Go back to the fresh default item: everything that was sold or put on sale is removed. Organiser keys stay."""
    if not yes:
        raise Failed("this removes all items, purchases and movements: add --yes if you mean it", 2)
    settings = load_settings(database=database)

    with_store(settings, lambda store: store.reset([AddItem(default_item(settings))]), create=True)
    typer.echo(f"{settings.database_shown}: fresh, with {settings.stock} units of {settings.item}")
