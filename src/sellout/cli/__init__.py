"""The command line: `sellout`. Each command reads its options, does its work, and says the result.

Results go to stdout and errors to stderr, in one line. Exit codes: 0 done, 1 it could not be done or the answer is
no, 2 bad usage (or, for `prove` and `torture`, it could not run).
"""

import os
import sys
from typing import Annotated, NoReturn

import typer

import sellout
from sellout.cli import database, db, export, items, keys, reports, running, torture, webhooks
from sellout.cli.console import Failed
from sellout.complaints import in_our_words
from sellout.settings import BadSetting

app = typer.Typer(
    name="sellout",
    help="Sells a limited stock over HTTP to everybody who comes at once, and sells exactly that stock.",
    epilog="Example: sellout serve --port 9000",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (running, torture, database, export, reports):
    commands.add_to(app)
app.add_typer(items.app, name="items")
app.add_typer(keys.app, name="keys")
app.add_typer(db.app, name="db")
app.add_typer(webhooks.app, name="webhooks")


def main() -> NoReturn:
    """Run the command line. Every error that a user can meet ends here, as one line."""
    try:
        code = app(standalone_mode=False, prog_name="sellout")
    except typer.TyperException as error:
        _end_misused(error)
    except BadSetting as error:
        _end(str(error), 2)
    except Failed as error:
        _end(str(error), error.code)
    except (KeyboardInterrupt, typer.Abort):
        _end("interrupted", 130)
    except BrokenPipeError:
        _leave_stdout()  # whoever read it has gone
        sys.exit(1)
    except OSError as error:
        _leave_stdout()  # what it still has to write would fail again at the end
        _end(error.strerror or str(error), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _leave_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_misused(error: typer.TyperException) -> NoReturn:
    message = error.format_message()
    if message.startswith("Usage:"):  # no command at all: the help is the answer
        sys.stderr.write(f"{message}\n")
        sys.exit(2)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "sellout"
    kind, colon, reason = message.partition(": ")
    said = f"{kind}: {in_our_words(reason)}" if colon else message
    end = "" if said.endswith(("?", "?.")) else "."
    said = said.rstrip(".")
    _end(f"{said}{end} Try: {command} --help", 2)


def _end(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"sellout: {' '.join(message.split())}\n")
    sys.exit(code)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sellout {sellout.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of `sellout` itself."""
