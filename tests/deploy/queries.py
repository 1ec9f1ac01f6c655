"""The queries of the dashboard and the alert rules, parsed as Prometheus would, and what they name."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser as promql

from sellout import labels
from sellout.domain import Reason
from sellout.telemetry import ERROR_CODES
from sellout.webhooks.answers import OUTCOMES
from tests.cli.reference_metrics import Figure, figures
from tests.deploy.files import DEPLOY, yaml_of

GRAFANAS = {"$__rate_interval": "1m", "$__range": "30m", "$node": ".*", "$item": ".*"}
"""What Grafana puts into a query; `node` and `item` are variables of the dashboard."""

ADDED_BY_PROMETHEUS = {"job", "instance"}
"""Labels of every series that it has scraped."""

UP = "up"
"""What Prometheus itself says of each node: whether it could read its figures."""

JOB = "sellout"

VALUES: dict[tuple[str, str], set[str]] = {
    ("sellout_outcomes_total", "outcome"): {
        labels.BOUGHT, labels.REPLAYED, *labels._NAMES.values(), *map(str, Reason),
    },
    ("sellout_errors_total", "code"): set(ERROR_CODES),
    ("sellout_webhook_deliveries_total", "outcome"): set(OUTCOMES),
}  # fmt: skip
"""What a label of a metric may be, where the program decides it."""


class Named(NamedTuple):
    """A series that a query asks for: its metric, and its matchers as (label, value or pattern, is a pattern)."""

    metric: str
    matchers: tuple[tuple[str, str, bool], ...]


def rules() -> list[dict[str, Any]]:
    """All alert rules."""
    return [rule for group in yaml_of("prometheus/alerts.yaml")["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """The dashboard."""
    read: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text("utf-8"))
    return read


def queries() -> list[tuple[str, str]]:
    """Every query with where it stands, and what Grafana would put into it."""
    shown = dashboard()
    found = [(rule["alert"], rule["expr"]) for rule in rules()]
    found += [(panel["title"], target["expr"]) for panel in shown["panels"] for target in panel["targets"]]
    found += [(note["name"], note["expr"]) for note in shown["annotations"]["list"]]
    found += [(name, selector) for name, selector, _ in variables()]
    return [(name, filled(query)) for name, query in found]


def variables() -> list[tuple[str, str, str]]:
    """The dashboard's variables: a name, the series it is read from, and the label whose values it has."""
    found = []
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            read = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            assert read, variable
            found.append((variable["name"], read[1], read[2]))
    return found


def filled(query: str) -> str:
    """A query with a value for each variable of Grafana's."""
    for name, value in GRAFANAS.items():
        query = query.replace(name, value)
    return query


def parts(query: str) -> list[Any]:
    """All parts of a parsed query. Raises ValueError where Prometheus would refuse it."""
    found: list[Any] = []
    promql.walk(promql.parse(query), pre_visit=found.append)
    return found


def named(query: str) -> list[Named]:
    """The series that a query asks for."""
    selectors = (getattr(part, "vector_selector", part) for part in parts(query))
    return [_named(part) for part in selectors if isinstance(part, promql.VectorSelector)]


def _named(selector: promql.VectorSelector) -> Named:
    patterns = (promql.MatchOp.Re, promql.MatchOp.NotRe)
    matchers = tuple((each.name, each.value, each.op in patterns) for each in selector.matchers.matchers)
    return Named(selector.name or "", matchers)


def values_of(metric: str, label: str) -> set[str]:
    """What a label of a metric may be; nothing but a pattern that takes all, where it is not for the program to say."""
    return {JOB} if label == "job" else VALUES.get((metric, label), set())


def grouped(query: str) -> set[str]:
    """The labels by which a query groups."""
    return {label for part in parts(query) for label in _modifier(part)}


def _modifier(part: Any) -> Iterator[str]:
    modifier = getattr(part, "modifier", None)
    if isinstance(part, promql.AggregateExpr) and modifier is not None:
        yield from modifier.labels


def series() -> dict[str, set[str]]:
    """Every series that the program shows, by the name that stands in a query, with its labels."""
    return {name: labels for figure in figures() for name, labels in _series_of(figure)} | {UP: set()}


def _series_of(figure: Figure) -> Iterator[tuple[str, set[str]]]:
    own = set(figure.labels)
    if figure.kind != "histogram":
        yield figure.name, own
        return
    yield f"{figure.name}_bucket", own | {"le"}
    yield from ((f"{figure.name}_{end}", own) for end in ("sum", "count"))
