"""`sellout serve`, `sellout prove` and `sellout config`: the commands that run the program, or say how it would run."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sellout.cli.console import (
    AsJson,
    DatabaseUrl,
    Failed,
    check_writable,
    print_json,
    print_table,
    store_errors,
    write_page,
)
from sellout.settings import describe, load_settings, unknown_variables

SCENARIOS = "[rush|holds|returns|baskets]"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Examples: sellout serve --port 9000 | sellout serve --workers 2 --database sqlite:///shop.db")(
        serve
    )
    app.command(
        epilog="Examples: sellout prove --buyers 5000 --stock 700 --html proof.html | "
        "sellout prove --url http://127.0.0.1:8000 --item item-a | sellout prove --scenario holds --seed 7"
    )(prove)
    app.command(epilog="Example: sellout config --json")(config)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port (default 8000); 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes (default 1).")] = None,
    database: DatabaseUrl = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
) -> None:
    """Serve over HTTP, until SIGTERM or Ctrl-C; every accepted request is answered first."""
    from sellout.serve import NoMetricsFolder, PortTaken
    from sellout.serve import serve as run

    settings = load_settings(host=host, port=port, workers=workers, database=database)
    _warn_of_unknown_variables()
    with store_errors(settings):
        try:
            run(settings, open_browser=open_browser, announce=_announce)
        except (PortTaken, NoMetricsFolder) as error:
            raise Failed(str(error)) from None


def _warn_of_unknown_variables() -> None:
    for sentence in unknown_variables(os.environ):
        typer.echo(f"sellout: {sentence}", err=True)


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def prove(
    scenario: Annotated[str, typer.Option(metavar=SCENARIOS, help="What the buyers do.")] = "rush",
    buyers: Annotated[
        int | None, typer.Option(min=1, help="Buyers that come at one instant (rush: 1000, the others fewer).")
    ] = None,
    stock: Annotated[
        int | None, typer.Option(min=1, help="Units on sale, where the item is the run's own (rush: 100).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat the random choices of an earlier run (not of a rush).")
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A running server, instead of an own one.")] = None,
    item: Annotated[str | None, typer.Option(metavar="ID", help="The item to buy there.")] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="Database of the own server (default: a fresh temporary one).")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes of the own server (default 1).")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Throw buyers at a server at one instant, and check that exactly the stock was sold.

    rush: everybody buys, once. holds: buyers hold, pay, confirm, release, or let expire. returns: purchases of a
    sold-out item are refunded, and those who wait are served in turn. baskets: several items, all or none.

    Exit code 0: exact. 1: not exact. 2: could not run.
    """
    from sellout.prove import CouldNotRun, page, rehearsal, report
    from sellout.prove.plan import Plan
    from sellout.prove.scenarios import scenario_named

    key = load_settings().organiser_key if url else None
    check_writable(html)
    _tell_what_is_passed_over(url, item, stock, workers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the own server is stopped and removed, too
    try:
        own = scenario_named(scenario)
        plan = Plan(
            scenario=scenario, buyers=buyers or own.buyers, stock=stock or own.stock, seed=seed, url=url, item=item,
            database=database, workers=workers or 1, organiser_key=key.get_secret_value() if key else None,
        )  # fmt: skip
        with report.progress_bar(Console(stderr=True)) as on_progress:
            result = asyncio.run(rehearsal.prove(plan, on_progress))
    except CouldNotRun as error:
        raise Failed(str(error), 2) from None
    if as_json:
        print_json(report.as_json(result))
    else:
        report.print_report(Console(), result)
        if not result.ledger_compared:
            typer.echo("The ledger was not compared: that needs a key that may `read` (SELLOUT_ORGANISER_KEY).")
    if html is not None:
        write_page(html, page.render_page(result))
    raise typer.Exit(0 if result.exact else 1)


def _tell_what_is_passed_over(url: str | None, item: str | None, stock: int | None, workers: int | None) -> None:
    if url and workers is not None:
        typer.echo("sellout: --workers is passed over: a running server has its own", err=True)
    if item and stock is not None:
        typer.echo("sellout: --stock is passed over: an item that is on sale has its own", err=True)


def config(as_json: AsJson = False) -> None:
    """Show every setting, its value and where it came from. Secrets are masked."""
    settings = describe(load_settings())
    _warn_of_unknown_variables()
    if as_json:
        print_json({setting.name: {"value": setting.value, "source": setting.source} for setting in settings})
    else:
        print_table(
            ("setting", "value", "from", "meaning"), [(s.variable, s.shown, s.source, s.meaning) for s in settings]
        )
