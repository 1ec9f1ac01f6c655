"""Traces by OpenTelemetry: a span a request and a span a batch, where a setting asks for them.

OpenTelemetry is imported only then, and its packages (the extra `otel`) need not be installed otherwise.
"""

from typing import TYPE_CHECKING

import structlog

from sellout.settings import Settings

if TYPE_CHECKING:
    from sellout.http.traces.tracing import Traces

log = structlog.get_logger()


def traces_of(settings: Settings) -> "Traces | None":
    """What traces the shop's requests; None where nobody asks for it. A missing package is told, and stops no sale."""
    if not settings.traces:
        return None
    try:
        from sellout.http.traces.tracing import Traces
    except ImportError as error:
        reason = f"SELLOUT_TRACES asks for traces, but {error.name} is not installed: pip install 'sellout[otel]'"
        log.warning("no_traces", reason=reason)
        return None
    return Traces(settings)
