"""The desk's templates into answers, with what every page of it has; and how numbers and times are written."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse

from sellout.domain import Instant
from sellout.http.desk.session import Session
from sellout.http.desk.words import RESULTS
from sellout.http.pages.rendering import add_filters, page, see_other
from sellout.http.pages.words import STATES
from sellout.http.times import moment_of

NOTHING = "–"
"""Where nothing was measured."""

RESULT = "done"
"""In an address: the code of what has just been done."""


def show(template: str, session: Session | None = None, *, result: str | None = None, **context: Any) -> HTMLResponse:
    """A page of the desk; `result` is the code of what has just been done."""
    said = RESULTS.get(result or "", "")
    return page(
        f"desk/{template}", csrf=session.token if session else "", signed_in=session is not None, result=said,
        may=session.scopes if session else frozenset(), states=STATES, **context,
    )  # fmt: skip


def back_to(address: str, result: str) -> HTMLResponse:
    """To a page of the desk, which will say what has been done: by a code, so that no address can say anything else."""
    joint = "&" if urlsplit(address).query else "?"
    return see_other(f"{address}{joint}{urlencode({RESULT: result})}")


def moment(instant: Instant | None) -> str:
    """`2027-01-31 19:00:00`, in UTC."""
    return NOTHING if instant is None else f"{moment_of(instant):%Y-%m-%d %H:%M:%S}"


def latency(seconds: float | None) -> str:
    """`0.8 ms`, `12 ms`, `1.2 s`."""
    if seconds is None:
        return NOTHING
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def rate(a_second: float | None) -> str:
    """`0`, `0.4`, `12`, `20,100`."""
    if a_second is None:
        return NOTHING
    return f"{a_second:.1f}" if 0 < a_second < 9.95 else f"{a_second:,.0f}"


def signed(change: int) -> str:
    """`+3`, `−3`; nothing for no change."""
    return f"{change:+,}".replace("-", "−") if change else ""


def percent(part: int, whole: int) -> str:
    """`62 %`; never 100 % before it is all, and never 0 % where there is something."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    return f"{min(99, max(1, round(share))) if part < whole else round(share)} %"


add_filters(moment=moment, latency=latency, rate=rate, signed=signed, percent=percent)
