"""`sellout webhooks events` and `redeliver`: what has happened, and sending it once more by hand."""

import asyncio
from typing import Annotated

import typer

from sellout.bootstrap import open_store
from sellout.cli.console import AsJson, DatabaseUrl, Failed, print_json, print_table, store_errors, with_reader
from sellout.domain.events import Endpoint, Event, event_no_of
from sellout.http.times import rfc3339
from sellout.http.webhooks import event_body, event_view, plan_of, sender_of
from sellout.settings import Settings, load_settings
from sellout.store.clock import host_clock
from sellout.store.port import Store
from sellout.store.reader import Reader
from sellout.webhooks.answers import DELIVERED, Answer
from sellout.webhooks.delivering import send_event

EVENTS_SHOWN_MAX = 100
"""Of the newest events."""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: sellout webhooks events --endpoint whe_0123456789abcdef")(events)
    app.command(
        epilog="Examples: sellout webhooks redeliver evt_12_0123456789abcdef | "
        "sellout webhooks redeliver evt_12_0123456789abcdef --endpoint whe_0123456789abcdef"
    )(redeliver)


async def find_endpoint(store: Reader | Store, endpoint_id: str) -> Endpoint:
    """The endpoint with an id. Raises Failed where there is none."""
    for endpoint in await store.webhooks.endpoints():
        if endpoint.id == endpoint_id:
            return endpoint
    raise unknown_endpoint(endpoint_id)


def unknown_endpoint(endpoint_id: str) -> Failed:
    """What is said of an id that no endpoint has."""
    return Failed(f"there is no endpoint {endpoint_id}; see: sellout webhooks list")


def events(
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="ID", help="Say of each whether it was delivered there.")
    ] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the newest events, the newest first, at most 100."""

    async def read(store: Reader | Store) -> list[tuple[Event, str]]:
        found = await store.webhooks.latest_events(EVENTS_SHOWN_MAX)
        if endpoint is None:
            return [(event, "-") for event in found]
        told, delivered = await find_endpoint(store, endpoint), await store.webhooks.delivered(endpoint)
        return [(event, _fate(event, told, delivered)) for event in found]

    found = with_reader(load_settings(database=database), read)
    if as_json:
        print_json({"events": [{"id": event.id, **event_view(event), "delivery": fate} for event, fate in found]})
    else:
        rows = [(event.id, event.type, event.item_id, rfc3339(event.occurred_at), fate) for event, fate in found]
        print_table(("id", "type", "item", "occurred at", "delivery"), rows)


def _fate(event: Event, endpoint: Endpoint, delivered: dict[str, int]) -> str:
    if event.type not in endpoint.event_types or event.no <= endpoint.begins_after:
        return "not wanted"
    return "delivered" if event.no <= delivered.get(event.item_id, 0) else "waits"


def redeliver(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The event's id (the header webhook-id).")],
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", metavar="ID", help="Only there (default: all enabled endpoints that want its type)."
        ),
    ] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Send an event once more, now, out of its turn. Exit code 0: delivered everywhere, 1: not."""
    settings = load_settings(database=database)
    with store_errors(settings):
        answers = asyncio.run(_send_again(settings, event_id, endpoint))
    if as_json:
        print_json({each: {"outcome": answer.outcome, "answer": answer.said} for each, answer in answers.items()})
    else:
        print_table(("endpoint", "outcome", "answer"), [(each, *answer) for each, answer in answers.items()])
    raise typer.Exit(0 if all(answer.outcome == DELIVERED for answer in answers.values()) else 1)


async def _send_again(settings: Settings, event_id: str, endpoint_id: str | None) -> dict[str, Answer]:
    store = await open_store(settings, create=False)
    try:
        no = event_no_of(event_id)
        event = None if no is None else await store.webhooks.event(no)
        if event is None or event.id != event_id:
            raise Failed(f"there is no event {event_id}, or not any more; see: sellout webhooks events")
        return await _send_to(settings, event, await _receivers(store, event, endpoint_id))
    finally:
        await store.close()


async def _receivers(store: Reader | Store, event: Event, endpoint_id: str | None) -> list[Endpoint]:
    if endpoint_id is not None:
        return [await find_endpoint(store, endpoint_id)]
    enabled = [endpoint for endpoint in await store.webhooks.endpoints() if endpoint.disabled_at is None]
    found = [endpoint for endpoint in enabled if event.type in endpoint.event_types]
    if not found:
        raise Failed(f"no enabled endpoint wants {event.type}; name one with --endpoint")
    return found


async def _send_to(settings: Settings, event: Event, receivers: list[Endpoint]) -> dict[str, Answer]:
    sender = sender_of(plan_of(settings))
    try:
        return {each.id: await send_event(sender, event_body, each, event, host_clock()) for each in receivers}
    finally:
        await sender.close()
