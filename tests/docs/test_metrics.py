"""docs/metrics.md has what a server shows."""

import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.cli.reference_metrics import exposed
from tests.docs.walk import DOCS
from tests.processes import running

ADDED_BY_THE_FORMAT = {"le"}


def test_every_metric_of_a_server_that_has_sold_is_documented(tmp_path: Path) -> None:
    with running(tmp_path / "shop.db") as server:
        urllib.request.urlopen(urllib.request.Request(f"{server.url}/buy_ticket", method="POST"))
        shown = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
    rows = [line for line in (DOCS / "metrics.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    families = list(text_string_to_metric_families(shown))
    assert len(families) >= 6
    for family in families:
        (row,) = [row for row in rows if row.startswith(f"| `{exposed(family.name, family.type)}` | {family.type} |")]
        assert row.endswith(f" | {family.documentation} |")
        labels = {label for sample in family.samples for label in sample.labels} - ADDED_BY_THE_FORMAT
        assert all(f"`{label}`" in row for label in labels)
