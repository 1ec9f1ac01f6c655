"""`sellout webhooks`: endpoints and events, on the database, whether a server runs or not."""

from typing import Annotated, Any

import typer

from sellout.cli import webhook_events
from sellout.cli.console import AsJson, DatabaseUrl, Failed, print_json, print_table, with_reader, with_store
from sellout.cli.webhook_events import find_endpoint, unknown_endpoint
from sellout.domain import MICROSECONDS
from sellout.domain.events import Endpoint, EventType
from sellout.http.times import rfc3339
from sellout.settings import load_settings
from sellout.store.port import Store
from sellout.webhooks.planning import ENDPOINTS_MAX
from sellout.webhooks.signing import new_endpoint_id, new_secret

ROTATION_HOURS = 24
ROTATION_HOURS_MAX = 24 * 30

KEPT = "It signs from now on. It is kept in the database, which has to sign with it, and shown only this once."

app = typer.Typer(
    help="Who is told of sales, signed as Standard Webhooks has it; docs/webhooks.md is for receivers.",
    epilog="Example: sellout webhooks add https://example.org/hooks --event purchase.created",
    no_args_is_help=True,
    rich_markup_mode=None,
)

webhook_events.add_to(app)

EndpointId = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")]


@app.command(
    epilog="Examples: sellout webhooks add https://example.org/hooks | "
    "sellout webhooks add https://example.org/hooks --event purchase.created --event purchase.refunded"
)
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted to.")],
    event: Annotated[
        list[EventType] | None, typer.Option("--event", metavar="TYPE", help="Only these types (default: all).")
    ] = None,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Tell an address of what happens from now on. Its secret is shown this once; it is stored, to sign with it."""
    from sellout.webhooks.addresses import wrong_with

    settings = load_settings(database=database)
    if (wrong := wrong_with(url, private=settings.webhook_private_addresses)) is not None:
        raise Failed(f"cannot send to {url}: {wrong}", 2)
    endpoint_id, secret, types = new_endpoint_id(), new_secret(), sorted(set(event or EventType))

    async def save(store: Store) -> bool:
        return await store.webhooks.add(endpoint_id, url, types, secret, ENDPOINTS_MAX)

    if not with_store(settings, save):
        raise Failed(f"there are {ENDPOINTS_MAX} endpoints already, and no more are allowed")
    _tell_secret({"id": endpoint_id, "url": url, "events": types, "secret": secret}, as_json=as_json)


def _tell_secret(view: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(view)
    else:
        typer.echo(f"{view['id']}: {view['secret']}\n{KEPT}")


@app.command("list", epilog="Example: sellout webhooks list --json")
def list_endpoints(database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List all endpoints, and how they fare."""
    endpoints = with_reader(load_settings(database=database), lambda store: store.webhooks.endpoints())
    views = [_view(endpoint) for endpoint in endpoints]
    if as_json:
        print_json({"endpoints": views})
    else:
        rows = [(v["id"], v["url"], " ".join(v["events"]), v["state"], v["failing_since"] or "-") for v in views]
        print_table(("id", "url", "events", "state", "failing since"), rows)


def _view(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint without what is secret of it."""
    enabled = endpoint.disabled_at is None
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoint.event_types,
        "state": "enabled" if enabled else f"disabled: {endpoint.disabled_because}",
        "created_at": rfc3339(endpoint.created_at),
        "disabled_at": _time(endpoint.disabled_at),
        "failing_since": _time(endpoint.failing_since),
        "old_secret_until": _time(endpoint.previous_until),
    }


def _time(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)


@app.command(epilog="Example: sellout webhooks rotate whe_0123456789abcdef --old-for-hours 48")
def rotate(
    endpoint_id: EndpointId,
    old_for_hours: Annotated[
        int, typer.Option(min=0, max=ROTATION_HOURS_MAX, help="How long the old secret signs as well.")
    ] = ROTATION_HOURS,
    database: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint a new secret, shown this once. Until the old one ends, both sign."""
    secret = new_secret()
    keep = old_for_hours * 3600 * MICROSECONDS
    settings = load_settings(database=database)
    if not with_store(settings, lambda store: store.webhooks.rotate(endpoint_id, secret, keep)):
        raise unknown_endpoint(endpoint_id)
    _tell_secret({"id": endpoint_id, "secret": secret, "old_for_hours": old_for_hours}, as_json=as_json)


@app.command(epilog="Example: sellout webhooks disable whe_0123456789abcdef")
def disable(endpoint_id: EndpointId, database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Send nothing more to an endpoint. What happens meanwhile is kept for it only where another one is told of it."""
    _change(endpoint_id, database, lambda store: store.webhooks.disable(endpoint_id, "by hand"), as_json=as_json)


@app.command(epilog="Example: sellout webhooks enable whe_0123456789abcdef")
def enable(endpoint_id: EndpointId, database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Send to an endpoint again, from where it was, as if it had never failed."""
    _change(endpoint_id, database, lambda store: store.webhooks.enable(endpoint_id), as_json=as_json)


@app.command(epilog="Example: sellout webhooks remove whe_0123456789abcdef")
def remove(endpoint_id: EndpointId, database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Forget an endpoint, its secret, and how far it was told."""
    _change(endpoint_id, database, lambda store: store.webhooks.remove(endpoint_id), as_json=as_json)


def _change(endpoint_id: str, database: str | None, work: Any, *, as_json: bool) -> None:
    """Change an endpoint that there has to be, and say how it is then."""

    async def run(store: Store) -> tuple[Endpoint, Endpoint | None]:
        before = await find_endpoint(store, endpoint_id)
        await work(store)
        return before, next((each for each in await store.webhooks.endpoints() if each.id == endpoint_id), None)

    before, after = with_store(load_settings(database=database), run)
    view = _view(after) if after is not None else {**_view(before), "state": "removed"}
    if as_json:
        print_json(view)
    else:
        typer.echo(f"{endpoint_id}: {view['state']}")
