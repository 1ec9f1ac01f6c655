"""Which pages may make their visitors ask us: our own, and those of the origins that the settings allow. Pure.

A browser sends an empty form, or a body without a type, to any address that a page names, and its visitor has bought.
It says where a request comes from (Fetch Metadata; RFC 6454); what says nothing is no browser.
"""

from urllib.parse import urlsplit

from sellout.http.answers import Answer, Headers
from sellout.http.freshness import NO_STORE
from sellout.http.problems import Problem
from sellout.http.requests import BadRequest

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that take nothing."""

OURS = (None, "same-origin", "none")

PREFLIGHT_SECONDS = "600"

EXPOSED = "Location, Retry-After, Idempotent-Replayed, Request-Id, ETag, WWW-Authenticate, Link"
TAKEN = "Authorization, Content-Type, Idempotency-Key, Challenge-Response, If-None-Match"
METHODS = "GET, HEAD, POST, PATCH, DELETE"


def check_origin(site: str | None, origin: str | None, host: str | None, allowed: frozenset[str] = frozenset()) -> None:
    """Raises BadRequest (403) where a page of another site sends a request that takes something.

    `site`, `origin` and `host` are Sec-Fetch-Site, Origin and Host. An old browser sends no Sec-Fetch-Site, and none
    does to an address without TLS: then Origin is compared with Host, which a proxy has to pass on.
    """
    if origin is not None and origin in allowed:
        return
    if site not in OURS:
        raise BadRequest(Problem("forbidden", f"The request was sent from a page of another site{_named(origin)}."))
    if site is None and origin is not None and _host_of(origin) != host:
        raise BadRequest(
            Problem(
                "forbidden",
                f"The request was sent from a page of another site: its Origin is {origin}, and this shop was asked "
                f"as {host}. A proxy has to pass the Host header on; SELLOUT_ALLOWED_ORIGINS names other shops.",
            )
        )


def _named(origin: str | None) -> str:
    return "" if origin is None else f", {origin}, which SELLOUT_ALLOWED_ORIGINS does not name"


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def shared(origin: str | None, allowed: frozenset[str]) -> Headers:
    """What every answer says where other origins are allowed: whether this one may read it (Fetch Standard, CORS)."""
    headers = [("vary", "Origin")]
    if origin is not None and origin in allowed:
        headers += [("access-control-allow-origin", origin), ("access-control-expose-headers", EXPOSED)]
    return headers


def preflight(method: str, asked_method: str | None, origin: str | None, allowed: frozenset[str]) -> Answer | None:
    """The answer to a browser that asks beforehand, or None where it does not, or may not."""
    if method != "OPTIONS" or asked_method is None or origin is None or origin not in allowed:
        return None
    headers = [
        NO_STORE, ("access-control-allow-methods", METHODS), ("access-control-allow-headers", TAKEN),
        ("access-control-max-age", PREFLIGHT_SECONDS),
    ]  # fmt: skip
    return Answer(204, headers, b"")
