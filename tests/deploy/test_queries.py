"""What the dashboard and the alert rules ask for is there: every metric, label, outcome, code and anchor."""

import re
from typing import Any

import promql_parser as promql
import pytest

from sellout.settings import Settings
from sellout.telemetry import COMMIT_SECONDS, ERROR_CODES, OUTCOME_SECONDS
from tests.cli.reference_metrics import figures
from tests.deploy import files, queries

QUERIES = queries.queries()
SHARE_OF_QUEUE = 0.8
BOUNDS = {"sellout_commit_seconds_bucket": COMMIT_SECONDS, "sellout_outcome_seconds_bucket": OUTCOME_SECONDS}


def unknown(query: str) -> list[str]:
    """What a query names that the program does not show."""
    shown, found = queries.series(), list[str]()
    known = set[str]()
    for metric, matchers in queries.named(query):
        known |= shown.get(metric, set()) | queries.ADDED_BY_PROMETHEUS
        found += [metric] if metric not in shown else []
        for label, value, is_pattern in matchers:
            found += [label] if label not in shown.get(metric, set()) | queries.ADDED_BY_PROMETHEUS else []
            values = value.split("|") if is_pattern else [value]
            found += [each for each in values if each != ".*" and each not in queries.values_of(metric, label)]
    return found + sorted(queries.grouped(query) - known)


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[name for name, _ in QUERIES])
def test_every_query_parses_and_names_only_what_there_is(name: str, query: str) -> None:
    assert "$" not in query, "a variable that the dashboard does not have"
    assert queries.named(query)
    assert unknown(query) == []


def test_queries_are_found_and_bad_ones_are_not_let_through() -> None:
    assert len(QUERIES) > 25
    asked = {metric for _, query in QUERIES for metric, _ in queries.named(query)}
    looked_at = {re.sub(r"_(bucket|sum|count)$", "", metric) for metric in asked}
    assert looked_at == {figure.name for figure in figures()} | {queries.UP}, "every figure is looked at"
    assert unknown('sum by (itm) (rate(sellout_outcome_total{cod="busi"}[1m]))')
    assert unknown("sum by (buyer) (rate(sellout_outcomes_total[1m]))") == ["buyer"]
    assert unknown('sellout_errors_total{code="late"}') == ["late"]
    assert unknown('sellout_errors_total{code=~"busy|late"}') == ["late"]
    for wrong in ("rate(sellout_errors_total)", "sum(sellout_queue_length", "histogram_quantile(0.99)"):
        with pytest.raises(ValueError, match=r"\w"):
            queries.parts(wrong)


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[name for name, _ in QUERIES])
def test_rates_are_of_counters_and_quantiles_of_buckets(name: str, query: str) -> None:
    kinds = {figure.name: figure.kind for figure in figures()}
    for call in (part for part in queries.parts(query) if isinstance(part, promql.Call)):
        asked = [metric for metric, _ in queries.named(call.prettify())]
        if call.func.name in ("rate", "increase"):
            assert all(kinds.get(metric) != "gauge" and metric != queries.UP for metric in asked)
        if call.func.name == "histogram_quantile":
            assert all(metric.endswith("_bucket") for metric in asked)
            assert "le" in queries.grouped(query)


@pytest.mark.parametrize("rule", queries.rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_how_bad_it_is_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Sellout[A-Z]\w+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    text = (files.ROOT / page).read_text("utf-8")
    sections = dict(re.findall(r"^#{2,3} (.+)\n+((?:(?!#).*\n)*)", text, re.MULTILINE))
    (section,) = [said for heading, said in sections.items() if heading.lower().replace(" ", "-") == anchor]
    assert f"`{rule['alert']}`" in section, "the page knows its alert"


@pytest.mark.parametrize("rule", queries.rules(), ids=lambda rule: str(rule["alert"]))
def test_a_summary_names_only_labels_that_the_alert_has(rule: dict[str, Any]) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    has_instance = "by (instance" in rule["expr"] or rule["expr"].startswith("up{")
    assert named <= ({"instance"} if has_instance else set())


def test_names_of_alerts_are_their_own_and_a_severe_one_watches_each_way_to_stop() -> None:
    names = [rule["alert"] for rule in queries.rules()]
    assert len(names) == len(set(names))
    asked = {(metric, matchers) for rule in queries.rules() for metric, matchers in queries.named(rule["expr"])}
    codes = {value for _, matchers in asked for label, value, _ in matchers if label == "code"}
    assert codes == set(ERROR_CODES)
    assert queries.UP in {metric for metric, _ in asked}


def test_thresholds_are_what_the_program_can_tell() -> None:
    (queue,) = [rule["expr"] for rule in queries.rules() if rule["alert"] == "SelloutQueueNearlyFull"]
    assert float(queue.split(">")[1]) == SHARE_OF_QUEUE * Settings.model_fields["queue_length_max"].default
    for rule in queries.rules():
        for metric, _ in queries.named(rule["expr"]):
            if metric in BOUNDS:  # between two bounds a quantile is a guess
                assert float(rule["expr"].split(">")[1]) in BOUNDS[metric]


def test_the_dashboard_can_be_imported_anywhere() -> None:
    shown = queries.dashboard()
    panels = shown["panels"]
    assert shown["uid"] == "sellout"
    assert "id" not in shown, "Grafana gives it one"
    assert len({panel["id"] for panel in panels}) == len(panels)
    sources = [part["datasource"] for panel in panels for part in (panel, *panel["targets"])]
    sources += [note["datasource"] for note in shown["annotations"]["list"]]
    assert {(source["type"], source["uid"]) for source in sources} == {("prometheus", "${datasource}")}
    (chosen,) = [each for each in shown["templating"]["list"] if each["type"] == "datasource"]
    assert (chosen["name"], chosen["query"]) == ("datasource", "prometheus")
    assert all(target["expr"] and target["refId"] for panel in panels for target in panel["targets"])


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in queries.dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_variables_have_the_labels_that_they_are_read_from() -> None:
    found = {name: (series, label) for name, series, label in queries.variables()}
    assert set(found) == {"node", "item"}
    for series, label in found.values():
        ((metric, _),) = queries.named(series)
        assert label in queries.series()[metric] | queries.ADDED_BY_PROMETHEUS


def test_legends_name_labels_that_are_left() -> None:
    for panel in queries.dashboard()["panels"]:
        for target in panel["targets"]:
            query = queries.filled(target["expr"])
            left = queries.grouped(query) or queries.ADDED_BY_PROMETHEUS
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= left


def test_prometheus_asks_the_nodes_of_the_compose_file_and_reads_the_rules() -> None:
    config = files.yaml_of("prometheus/prometheus.yaml")
    (job,) = config["scrape_configs"]
    assert job["job_name"] == queries.JOB
    assert job["metrics_path"] == "/metrics"
    assert all((files.DEPLOY / "prometheus" / name).is_file() for name in config["rule_files"])
    nodes = sorted(name for name in files.services_of("compose.postgres.yaml") if name.startswith("node"))
    assert [target for each in job["static_configs"] for target in each["targets"]] == [f"{n}:8000" for n in nodes]
