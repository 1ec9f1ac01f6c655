"""What the running program tells of itself: structured logs on stderr, and metrics for Prometheus."""

import logging
import sys
from collections import Counter as Tally
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sellout.domain import (
    BasketBought,
    BasketHeld,
    Bought,
    Held,
    ItemSaved,
    Joined,
    Left,
    Outcome,
    Refunded,
    Refused,
    Released,
    Settled,
)

COMMIT_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


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


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._outcomes = Counter(
            "sellout_outcomes", "Commands that got an outcome", ["outcome"], registry=self._registry
        )
        self._commit_seconds = Histogram(
            "sellout_commit_seconds",
            "From the start of a batch to its commit",
            buckets=COMMIT_SECONDS,
            registry=self._registry,
        )
        self._batch_size = Histogram(
            "sellout_batch_size", "Commands in a batch", buckets=BATCH_SIZES, registry=self._registry
        )
        self._queue_length = Gauge(
            "sellout_queue_length", "Commands that wait for their batch", registry=self._registry
        )

    def observe_batch(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        """Count a committed batch. Called once a batch, so its cost does not grow with the rush."""
        for name, count in Tally([outcome_name(outcome) for outcome in outcomes]).items():
            self._outcomes.labels(name).inc(count)
        self._commit_seconds.observe(seconds)
        self._batch_size.observe(len(outcomes))

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Report what `length` says as the length of the queue."""
        self._queue_length.set_function(length)

    def exposition(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._registry)


def outcome_name(outcome: Outcome) -> str:
    """The label of an outcome: what happened, or the reason of a refusal."""
    if type(outcome) is Refused:
        return str(outcome.reason)
    return "replayed" if getattr(outcome, "replayed", False) else _NAMES[type(outcome)]


_NAMES: dict[type, str] = {
    Bought: "bought",
    Held: "held",
    Released: "released",
    Refunded: "refunded",
    Joined: "joined",
    Left: "left",
    BasketBought: "basket_bought",
    BasketHeld: "basket_held",
    Settled: "settled",
    ItemSaved: "item_saved",
}
