"""`sellout report`, and how `sellout audit` verifies what it has written: signed closing reports of items."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from sellout.auditing import audit_item
from sellout.bootstrap import seal_all
from sellout.cli.console import DatabaseUrl, Failed, print_json, with_reader, with_store
from sellout.ledger import Closing
from sellout.settings import load_settings
from sellout.store.port import Store
from sellout.store.reader import Reader


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Examples: sellout report --new-key report.key | "
        "sellout report item-a --key report.key --output item-a.json"
    )(report)


def report(
    item_id: Annotated[str | None, typer.Argument(metavar="ITEM", help="The item's id.")] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="The private key that signs, PEM.")] = None,
    output: Annotated[str, typer.Option(metavar="FILE", help="A new file; - is standard output.")] = "-",
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="FILE", help="Make a key instead, and FILE.pub beside it.")
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Write a signed closing report of an item: its counters, sums of its ledger, the ledger's digest, times.

    The whole ledger is checked first. `sellout audit --report FILE` verifies a report without the database.
    """
    if new_key is not None:
        if item_id is not None or key is not None:
            raise Failed("--new-key makes a key and no report: leave the ITEM and --key out", 2)
        _make_key(new_key)
        return
    if item_id is None or key is None:
        raise Failed("name an ITEM and the --key that signs; `sellout report --new-key FILE` makes one", 2)
    _write_report(item_id, key, output, database)


def _make_key(path: Path) -> None:
    from sellout import closing

    private, public = closing.new_key()
    _write_new(path, private, 0o600)
    _write_new(path.with_name(f"{path.name}.pub"), public, 0o644)
    typer.echo(f"{path}: keep it secret; {path}.pub is for those who verify")
    typer.echo(closing.fingerprint(closing.public_key(public)))


def _write_report(item_id: str, key: Path, output: str, database: str | None) -> None:
    from sellout import closing

    try:
        signer = closing.private_key(_read(key))
    except closing.NoReport as error:
        raise Failed(f"{key}: {error}", 2) from None
    found = with_store(load_settings(database=database), lambda store: _closing(store, item_id))
    signed = closing.sign(closing.report_of(found), signer)
    if output == "-":
        typer.echo(signed.decode(), nl=False)
    else:
        _write_new(Path(output), signed, 0o644)


async def _closing(store: Store, item_id: str) -> Closing:
    """What the report tells. Raises Failed where the item is not consistent."""
    await seal_all(store)
    audit = await audit_item(store, item_id)
    if audit is None:
        raise Failed(f"there is no item {item_id}")
    found = await store.closing(item_id)
    if found is None or not audit.consistent or not found.audit.consistent:
        raise Failed(f"{item_id} is NOT CONSISTENT: no report is signed; `sellout audit` says more")
    if found.unsealed:
        raise Failed(f"another program is selling {item_id} at this moment: try again")
    return found


def audit_report(file: Path, public_key: Path | None, database: str | None, *, as_json: bool) -> bool:
    """Verify a report, and where a database is named, that its ledger goes on from the report's. Raises Failed."""
    from sellout import closing

    text = _read(file)
    try:
        signer = None if public_key is None else closing.public_key(_read(public_key))
    except closing.NoReport as error:
        raise Failed(f"{public_key}: {error}", 2) from None
    try:
        found = closing.verify(text, signer)
    except closing.NoReport as error:
        return _say(file, [str(error)], None, expected=signer is not None, as_json=as_json)
    wrong = closing.contradictions(found)
    if database is not None:
        wrong += with_reader(load_settings(database=database), lambda store: _compare(store, found), code=2)
    signed_by = closing.fingerprint(closing.key_in(found))
    return _say(file, wrong, signed_by, expected=signer is not None, as_json=as_json)


async def _compare(store: Reader | Store, report: dict[str, Any]) -> list[str]:
    """Where a database does not have the ledger that was reported."""
    item_id, ledger = report["item"]["id"], report["ledger"]
    audit = await audit_item(store, item_id, wanted=ledger["seals"])
    if audit is None:
        return [f"the database has no item {item_id}"]
    found = audit.ledger.found
    same = ("" if found is None else found.digest) == ledger["digest"]
    return [
        *([] if same else [f"seal {ledger['seals']} of the database is another one: the ledger was changed"]),
        *([] if audit.audit.consistent else ["the database's ledger and counters differ"]),
        *audit.ledger.findings(),
    ]


def _say(file: Path, wrong: list[str], signer: str | None, *, expected: bool, as_json: bool) -> bool:
    if as_json:
        print_json({"verified": not wrong, "signed_by": signer, "findings": wrong})
        return not wrong
    typer.echo(f"{file}: " + ("verified" if not wrong else "NOT VERIFIED"))
    if signer is not None:
        typer.echo(f"signed by {signer}" + ("" if expected else ", whoever that is: --public-key says who it must be"))
    for line in wrong:
        typer.echo(line)
    return not wrong


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}", 2) from None


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """A file that was not there before. Raises Failed."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise Failed(f"{path} exists, and is not written over") from None
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
