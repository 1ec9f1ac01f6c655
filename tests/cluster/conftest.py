"""The cluster that these tests share, and what is shown of it: logs where a test failed, figures at the end."""

import signal
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.machines import Missing
from tests.cluster.sale import STOCK
from tests.cluster.shops import Shops

SHOPS = 2

_figures = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def stop_means_interrupt() -> None:
    """SIGTERM ends the tests as Ctrl-C does: in order."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


class Rig:
    """The cluster, built again where it could not be healed."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None

    def healthy(self) -> Cluster:
        if self._cluster is not None:
            try:
                self._cluster.heal()
            except TimeoutError:
                self.end()
        if self._cluster is None:
            self._cluster = Cluster()
            try:
                self._cluster.start()
            except BaseException as error:
                error.add_note(self._cluster.tails())
                raise
        return self._cluster

    def end(self) -> None:
        if self._cluster is not None:
            cluster, self._cluster = self._cluster, None
            cluster.end()


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    made = Rig()
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def cluster(rig: Rig) -> Cluster:
    """Three nodes, all well."""
    try:
        return rig.healthy()
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
def shops(cluster: Cluster) -> Iterator[Shops]:
    """Two shops on a new database."""
    made = Shops(cluster, SHOPS, STOCK)
    try:
        made.start()
        yield made
    except AssertionError as error:
        error.add_note(made.tails())
        raise
    finally:
        made.end()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Any:
    """Note a figure, to be shown at the end of the run."""
    return request.config.stash.setdefault(_figures, []).append


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        fixtures: dict[str, Any] = getattr(item, "funcargs", {})
        parts = [fixtures[name] for name in ("cluster", "shops") if name in fixtures]
        report.sections.extend((f"logs of {type(part).__name__}", part.tails()) for part in parts)
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    figures = config.stash.get(_figures, [])
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.line(line)
