"""The traces of a process: where spans go, and who makes them.

Where they go, how many and under which name say the variables that all of OpenTelemetry's programs read (`OTEL_*`).
"""

import asyncio
import logging
import os
from functools import partial

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import sellout
from sellout.http.traces.commits import TracedCommitter
from sellout.http.traces.requests import NamesRoute, RequestSpans
from sellout.settings import Settings

log = structlog.get_logger()

SERVICE = "sellout"


class Traces:
    """Makes the spans of a process, and sends them from a thread of its own."""

    names_route = NamesRoute

    def __init__(self, settings: Settings) -> None:
        _tell_of_trouble()
        self._provider = TracerProvider(
            resource=Resource.create(_resource()),
            span_limits=SpanLimits(max_links=settings.batch_size_max),  # a batch is linked to each of its requests
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        tracer = self._provider.get_tracer(SERVICE, sellout.__version__)
        self.follow = RequestSpans(tracer, settings).follow
        self.committer = partial(TracedCommitter, tracer)

    async def close(self) -> None:
        """Send what is still here. It may take some seconds, and other tasks go on meanwhile."""
        await asyncio.to_thread(self._provider.shutdown)


def _resource() -> dict[str, str]:
    """What all spans say of their process. The operator's own name goes before ours."""
    chosen = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {"service.version": sellout.__version__} | ({} if chosen else {"service.name": SERVICE})


class _ToLog(logging.Handler):
    """Passes on to our log what OpenTelemetry has to say."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("traces_trouble", reason=record.getMessage())


def _tell_of_trouble() -> None:
    """Where spans cannot be sent, the log says so, as a line of JSON like any other."""
    theirs = logging.getLogger("opentelemetry")
    if not any(isinstance(handler, _ToLog) for handler in theirs.handlers):
        theirs.addHandler(_ToLog(logging.WARNING))
        theirs.propagate = False
