"""A span a batch. One batch serves many requests, so it belongs to no request's trace: it is linked to each of them.

It shows how many commands there were, and what became of how many; nothing of who asked, and under which key.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, Status, StatusCode, Tracer, get_current_span

from sellout.committer import Committer
from sellout.domain import Command, Outcome
from sellout.labels import gather


class TracedCommitter(Committer):
    """A committer that makes a span of each commit."""

    def __init__(self, tracer: Tracer, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._tracer = tracer
        self._asked_by: dict[int, Link] = {}
        """By the identity of a command, which is its own until its batch, because it is in the queue until then."""

    def submit(self, command: Command) -> Any:
        answer = super().submit(command)
        request = get_current_span().get_span_context()
        if request.is_valid and request.trace_flags.sampled:
            self._asked_by[id(command)] = Link(request)
            answer.add_done_callback(lambda _: self._asked_by.pop(id(command), None))  # it may never get into a batch
        return answer

    async def _commit(self, commands: list[Command], oldest: float) -> list[Outcome]:
        found = (self._asked_by.pop(id(command), None) for command in commands)
        links = [link for link in found if link is not None]
        with self._tracer.start_as_current_span(
            "commit", Context(), links=links, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attribute("sellout.batch.size", len(commands))
            try:
                outcomes = await super()._commit(commands, oldest)
            except Exception as error:
                _tell_failure(span, error)
                raise
            _tell_outcomes(span, commands, outcomes)
            return outcomes


def _tell_outcomes(span: Span, commands: Sequence[Command], outcomes: Sequence[Outcome]) -> None:
    """Say how many got which outcome, counted as in the metrics."""
    counts = Counter[str]()
    for (_, name), each in gather(commands, outcomes, [0.0] * len(commands)).items():
        counts[name] += len(each)
    for name, count in counts.items():
        span.set_attribute(f"sellout.outcomes.{name}", count)


def _tell_failure(span: Span, error: Exception) -> None:
    """Say the kind of error only: what a database says of it may quote a row."""
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR))
