"""docs/metrics.md, made from the registry that `/metrics` reads."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from unittest import mock

from prometheus_client import CollectorRegistry

from sellout import labels
from sellout.domain import Reason
from sellout.telemetry import ERROR_CODES, Metrics
from tests.cli.markdown import page, table


class Figure(NamedTuple):
    """A metric as Prometheus shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (f"`{self.name}`", self.kind, _listed(self.labels) or "none", self.meaning)


def registry() -> CollectorRegistry:
    """The registry of a process's own figures."""
    with mock.patch("sellout.telemetry.readable") as asked:
        Metrics()
    own: CollectorRegistry = asked.call_args.args[0]
    return own


def figures() -> list[Figure]:
    """Every metric there is, by name."""

    def found() -> Iterator[Figure]:
        for collector in registry()._collector_to_names:
            named = tuple(getattr(collector, "_labelnames", ()))
            for family in collector.collect():
                yield Figure(exposed(family.name, family.type), family.type, named, family.documentation)

    return sorted(found())


def exposed(name: str, kind: str) -> str:
    """A family's name as it stands in a query."""
    return f"{name}_total" if kind == "counter" else name


def metrics_page() -> str:
    """Every metric with its kind, its labels and its meaning."""
    refusals = _listed(str(reason) for reason in Reason)
    granted = _listed((labels.BOUGHT, labels.REPLAYED, *labels._NAMES.values()))
    return page(
        "Metrics",
        "`GET /metrics` shows these in Prometheus's text format: the sum over all workers of the machine, since the "
        "server's start. Each node has its own. [Operating Sellout](operate.md#what-to-watch) says which to watch. A "
        "histogram has `_bucket`, `_sum` and `_count` after its name; times are in seconds.",
        table(("name", "kind", "labels", "meaning"), [figure.cells for figure in figures()]),
        "## Labels",
        f"`item` is the item's id; empty for what concerns no item, or none that exists.\n\n"
        f"`outcome` is what became of a command. Granted: {granted}. Refused: {refusals}; "
        f"[Problems](problems.md) has each of these.\n\n"
        f"`code` is {_listed(ERROR_CODES)}: requests that nobody decided.",
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
