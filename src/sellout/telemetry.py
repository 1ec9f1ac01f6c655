"""What the running program tells of itself: structured logs on stderr, and metrics for Prometheus."""

import logging
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sellout.domain import Command, Outcome
from sellout.figures import Figures
from sellout.labels import gather
from sellout.prometheus import BulkHistogram, make_folder, readable, spread

COMMIT_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
OUTCOME_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)

ERROR_CODES = ("busy", "unavailable", "internal_error")
"""The errors that are counted: nobody decided these requests, so no outcome counts them."""

_ERRORS = Counter("sellout_errors", "Requests that could not be answered", ["code"], registry=None)


def set_up_logging() -> None:
    """JSON, one line an event, on stderr: what a log collector expects."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def count_error(code: str) -> None:
    """Count an answer with one of ERROR_CODES. It belongs to the process: errors meet requests that reach no shop."""
    _ERRORS.labels(code).inc()


class Metrics:
    """Counts what this process does, and shows what all workers of this machine have done."""

    def __init__(self) -> None:
        make_folder()
        own = CollectorRegistry()
        outcomes = Counter(
            "sellout_outcomes",
            "Outcomes of commands; a basket that is granted counts once for each of its items",
            ["item", "outcome"],
            registry=own,
        )
        outcome_seconds = BulkHistogram(
            "sellout_outcome_seconds",
            "From taking a command to its durable outcome",
            ["item"],
            buckets=OUTCOME_SECONDS,
            registry=own,
        )
        self._commit_seconds = Histogram(
            "sellout_commit_seconds", "From the start of a batch to its commit", buckets=COMMIT_SECONDS, registry=own
        )
        self._batch_size = Histogram("sellout_batch_size", "Commands in a batch", buckets=BATCH_SIZES, registry=own)
        self._queue_length = Gauge(
            "sellout_queue_length", "Commands that wait for their batch", registry=own, multiprocess_mode="livesum"
        )
        self._webhook_deliveries = Counter(
            "sellout_webhook_deliveries", "Requests to endpoints of webhooks", ["outcome"], registry=own
        )
        self._webhook_oldest = Gauge(
            "sellout_webhook_oldest_undelivered_seconds",
            "Age of the oldest event that is still to be delivered",
            registry=own,
            multiprocess_mode="livemax",
        )
        own.register(_ERRORS)
        for code in ERROR_CODES:
            _ERRORS.labels(code)  # so that each is there, as 0, before the first
        self._outcomes_of = cache(outcomes.labels)  # a tenth of the library's own time to find them
        self._seconds_of = cache(outcome_seconds.labels)
        self._readable = readable(own)

    def observe_batch(
        self, commands: Sequence[Command], outcomes: Sequence[Outcome], waited: Sequence[float], seconds: float
    ) -> None:
        """Count a committed batch. Values are gathered first, so each figure is touched once a batch, not a command."""
        for (item, name), times in gather(commands, outcomes, waited).items():
            self._outcomes_of(item, name).inc(len(times))
            self._seconds_of(item).observe_many(spread(times, OUTCOME_SECONDS), sum(times))
        self._commit_seconds.observe(seconds)
        self._batch_size.observe(len(outcomes))

    def set_queue_length(self, length: int) -> None:
        """Report how many commands wait in this process."""
        self._queue_length.set(length)

    def count_webhook(self, outcome: str) -> None:
        """Count a request to an endpoint of webhooks."""
        self._webhook_deliveries.labels(outcome).inc()

    def set_oldest_undelivered(self, seconds: float) -> None:
        """Report the age of the oldest event that is still to be delivered, as far as this process sees."""
        self._webhook_oldest.set(seconds)

    def exposition(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._readable)

    def figures(self) -> Mapping[str, Figures]:
        """What became of each item's commands since the start; under "" those that concerned no item."""
        outcomes: dict[str, dict[str, int]] = defaultdict(dict)
        buckets: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for metric in self._readable.collect():
            for sample in metric.samples:
                if sample.name == "sellout_outcomes_total":
                    outcomes[sample.labels["item"]][sample.labels["outcome"]] = int(sample.value)
                elif sample.name == "sellout_outcome_seconds_bucket":
                    buckets[sample.labels["item"]].append((float(sample.labels["le"]), int(sample.value)))
        return {item: Figures(outcomes[item], sorted(buckets[item])) for item in outcomes}
