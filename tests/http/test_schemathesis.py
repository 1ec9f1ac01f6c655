"""Requests made up from the OpenAPI document: no 5xx, and only answers that the document describes."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sellout.http.app import create_app
from sellout.settings import Settings
from tests.http.shop import ORGANISER
from tests.processes import running

EXAMPLES_MAX = 25
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


FOR_THE_DOCUMENT = Settings(database="sqlite:///never-opened.db")
schema = schemathesis.openapi.from_dict(create_app(FOR_THE_DOCUMENT)._app.openapi())  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a shop serves."""
    with running(tmp_path_factory.mktemp("schemathesis") / "shop.db") as server:
        yield server.url


@schema.parametrize()
@settings(max_examples=EXAMPLES_MAX, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_made_up_requests_get_documented_answers(url: str, case: Any) -> None:
    case.call_and_validate(base_url=url, headers=ORGANISER, checks=CHECKS)
