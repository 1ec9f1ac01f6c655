"""`sellout keys`: add, list and revoke organiser keys, on the database, whether a server runs or not."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from sellout.bootstrap import KEY_FROM_SETTINGS
from sellout.cli.console import AsJson, DatabaseUrl, Failed, print_json, print_table, with_reader, with_store
from sellout.domain import ALL_SCOPES, KeyScope, OrganiserKey, Revocation, is_successor
from sellout.http.times import rfc3339
from sellout.keys import digest, new_key
from sellout.settings import load_settings
from sellout.store.port import Store

NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)

COLUMNS = ("name", "scopes", "created_at", "revoked_at")

KeyName = Annotated[str, typer.Argument(metavar="NAME", help="The key's name.")]

app = typer.Typer(
    help="Add, list and revoke organiser keys, on the database.",
    epilog="Example: sellout keys add box-office --scope read --scope sell",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("add", epilog="Example: sellout keys add box-office --scope read --scope sell")
def add_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and . _ - between them.")],
    scopes: Annotated[
        list[KeyScope] | None,
        typer.Option("--scope", help="What it may do; give it once for each (default: all). None includes another."),
    ] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. It is not kept, so this is the only time. A name is given once, for good."""
    _check_name(name)
    key, chosen = new_key(), frozenset(scopes) if scopes else ALL_SCOPES
    added = with_store(load_settings(database=database), lambda store: _add(store, name, key, chosen), create=True)
    if as_json:
        print_json({"key": key, **_view(added)})
    else:
        typer.echo(key)


async def _add(store: Store, name: str, key: str, scopes: frozenset[KeyScope]) -> OrganiserKey:
    was_free = await store.add_organiser_key(name, digest(key), scopes)
    known = next(one for one in await store.organiser_keys() if one.name == name)
    if not was_free:
        revoked = "" if known.is_valid else ", which is revoked"
        raise Failed(f"there is a key with the name {name}{revoked}: names are given once; choose another")
    return known


def _check_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        raise Failed("NAME must be 1 to 64 small letters and digits, with . _ - between them", 2)
    if is_successor(name, KEY_FROM_SETTINGS):
        raise Failed(f"keys from SELLOUT_ORGANISER_KEY are called {KEY_FROM_SETTINGS}: choose another name", 2)


@app.command("list", epilog="Example: sellout keys list --json")
def list_keys(database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List all keys, the revoked ones too: name, scopes, when they were made and revoked."""
    keys = with_reader(load_settings(database=database), lambda store: store.organiser_keys())
    if as_json:
        print_json({"keys": [_view(key) for key in keys]})
    else:
        print_table(COLUMNS, [_row(_view(key)) for key in keys])


@app.command(epilog="Example: sellout keys revoke first-start")
def revoke(
    name: KeyName,
    yes: Annotated[bool, typer.Option("--yes", help="Even if no key could manage then.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Let a key be valid no longer, at once, and end the sessions that it has begun at the desk."""
    result = with_store(load_settings(database=database), lambda store: store.revoke_organiser_key(name, last_too=yes))
    match result:
        case Revocation.UNKNOWN:
            raise Failed(f"there is no key with the name {name}; see: sellout keys list")
        case Revocation.LAST_MANAGER:
            raise Failed(f"{name} is the last key with the scope {KeyScope.MANAGE}: add --yes if you mean it", 2)
        case Revocation.REVOKED_BEFORE:
            typer.echo(f"{name}: was revoked before")
        case Revocation.REVOKED:
            typer.echo(f"{name}: revoked")


def _view(key: OrganiserKey) -> dict[str, Any]:
    """What is shown of a key. Its digest is nobody's business."""
    return {
        "name": key.name,
        "scopes": [scope for scope in KeyScope if scope in key.scopes],
        "created_at": rfc3339(key.created_at),
        "revoked_at": None if key.revoked_at is None else rfc3339(key.revoked_at),
    }


def _row(view: dict[str, Any]) -> Sequence[str]:
    return view["name"], " ".join(view["scopes"]), view["created_at"], view["revoked_at"] or ""
