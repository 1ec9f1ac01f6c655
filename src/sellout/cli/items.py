"""`sellout items`: list, add and change items, on the database, whether a server runs or not."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from sellout.cli.console import (
    AsJson,
    DatabaseUrl,
    Failed,
    deadline_of,
    print_json,
    print_table,
    with_reader,
    with_store,
)
from sellout.domain import AddItem, ChangeItem, ItemSaved, Outcome
from sellout.http.items import change_of, item_of
from sellout.http.models import ItemChanges, NewItem
from sellout.http.problems import FieldError, from_refusal
from sellout.http.requests import BadRequest
from sellout.http.validation import field_error
from sellout.http.views import item_view
from sellout.settings import Settings, load_settings
from sellout.store.port import Store

COLUMNS = ("id", "name", "state", "capacity", "sold", "held", "available")

app = typer.Typer(
    help="List, add and change items, on the database.",
    epilog='Example: sellout items add "Front row" --capacity 200',
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list", epilog="Example: sellout items list --json")
def list_items(database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List all items with their counters."""
    settings = load_settings(database=database)
    items, now, _ = with_reader(settings, lambda store: store.items())
    views = [item_view(item, now) for item in items]
    if as_json:
        print_json({"items": views})
    else:
        print_table(COLUMNS, [[view[column] for column in COLUMNS] for view in views])


@app.command("add", epilog='Example: sellout items add "Front row" --capacity 200 --limit-per-buyer 4')
def add_item(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What buyers see.")],
    capacity: Annotated[int, typer.Option(help="Units in all.")],
    item_id: Annotated[str | None, typer.Option("--id", help="The id in addresses (default: from the name).")] = None,
    opens_at: Annotated[str | None, typer.Option(metavar="TIME", help="For example 2027-01-31T19:00:00Z.")] = None,
    closes_at: Annotated[str | None, typer.Option(metavar="TIME", help="Likewise.")] = None,
    limit_per_buyer: Annotated[int | None, typer.Option(help="Units that one buyer may have.")] = None,
    max_per_order: Annotated[int | None, typer.Option(help="Units in one order.")] = None,
    hold_seconds: Annotated[int | None, typer.Option(help="How long a hold lasts.")] = None,
    payment_seconds: Annotated[int | None, typer.Option(help="How long it lasts once its payment begins.")] = None,
    offer_seconds: Annotated[int | None, typer.Option(help="How long an offer to the waiting list lasts.")] = None,
    buyer_tokens: Annotated[str | None, typer.Option(help="Whether buyers need a token: optional or required.")] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put an item on sale."""
    settings = load_settings(database=database)
    given = {
        "name": name, "capacity": capacity, "id": item_id, "opens_at": opens_at, "closes_at": closes_at,
        "limit_per_buyer": limit_per_buyer, "max_per_order": max_per_order, "hold_seconds": hold_seconds,
        "payment_seconds": payment_seconds, "offer_seconds": offer_seconds, "buyer_tokens": buyer_tokens,
    }  # fmt: skip
    with _request_errors():
        command = item_of(NewItem.model_validate(_named(given)), settings)
    _save(settings, command, as_json=as_json)


TAKEN_AWAY = object()
"""The value of an option that was given as "none"."""


def _text_or_none(text: str) -> Any:
    return TAKEN_AWAY if text.lower() == "none" else text


def _number_or_none(text: str) -> Any:
    try:
        return TAKEN_AWAY if text.lower() == "none" else int(text)
    except ValueError:
        raise typer.BadParameter("must be an integer, or none") from None


@app.command("set", epilog="Examples: sellout items set item-a --capacity 250 | sellout items set item-a --paused")
def set_item(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="The item's id.")],
    name: Annotated[str | None, typer.Option(help="What buyers see.")] = None,
    capacity: Annotated[int | None, typer.Option(help="Units in all; never below what is sold and held.")] = None,
    opens_at: Annotated[
        Any, typer.Option(parser=_text_or_none, metavar="TIME", help="For example 2027-01-31T19:00:00Z, or none.")
    ] = None,
    closes_at: Annotated[Any, typer.Option(parser=_text_or_none, metavar="TIME", help="Likewise.")] = None,
    limit_per_buyer: Annotated[
        Any, typer.Option(parser=_number_or_none, metavar="N", help="Units that one buyer may have, or none.")
    ] = None,
    max_per_order: Annotated[int | None, typer.Option(help="Units in one order.")] = None,
    hold_seconds: Annotated[int | None, typer.Option(help="How long a hold lasts.")] = None,
    payment_seconds: Annotated[int | None, typer.Option(help="How long it lasts once its payment begins.")] = None,
    offer_seconds: Annotated[int | None, typer.Option(help="How long an offer to the waiting list lasts.")] = None,
    buyer_tokens: Annotated[str | None, typer.Option(help="Whether buyers need a token: optional or required.")] = None,
    paused: Annotated[bool | None, typer.Option("--paused/--not-paused", help="Stop or go on selling.")] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change an item, also while it is being sold."""
    settings = load_settings(database=database)
    given = {
        "name": name, "capacity": capacity, "opens_at": opens_at, "closes_at": closes_at, "paused": paused,
        "limit_per_buyer": limit_per_buyer, "max_per_order": max_per_order, "hold_seconds": hold_seconds,
        "payment_seconds": payment_seconds, "offer_seconds": offer_seconds, "buyer_tokens": buyer_tokens,
    }  # fmt: skip
    changes = _named(given)
    if not changes:
        raise Failed("name at least one option to change; see: sellout items set --help", 2)
    with _request_errors():
        command = change_of(item_id, ItemChanges.model_validate(changes))
    _save(settings, command, as_json=as_json)


def _named(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, with what is to be taken away as None."""
    return {name: None if value is TAKEN_AWAY else value for name, value in options.items() if value is not None}


@contextlib.contextmanager
def _request_errors() -> Iterator[None]:
    """What is wrong with an option is bad usage, said as the HTTP interface says it."""
    try:
        yield
    except ValidationError as error:
        raise Failed(_about(field_error(dict(error.errors()[0]))), 2) from None
    except BadRequest as error:
        raise Failed(_about(error.problem.errors[0]), 2) from None


def _about(wrong: FieldError) -> str:
    return f"--{wrong.field.replace('_', '-')} {wrong.message}"


def _save(settings: Settings, command: AddItem | ChangeItem, *, as_json: bool) -> None:
    async def commit(store: Store) -> list[Outcome]:
        return await store.transact([command], deadline_of(settings))

    (outcome,) = with_store(settings, commit, create=isinstance(command, AddItem))
    if not isinstance(outcome, ItemSaved):
        raise Failed(_refusal(outcome))
    view = item_view(outcome.item, outcome.decided_at)
    if as_json:
        print_json(view)
    else:
        print_table(COLUMNS, [[view[column] for column in COLUMNS]])


def _refusal(outcome: Any) -> str:
    problem = from_refusal(outcome)
    return f"{problem.detail} ({problem.code})"
