"""How routes are described in the OpenAPI document: their answer, their problems, their headers."""

from collections import defaultdict
from typing import Any

from pydantic import BaseModel

from sellout.http.models import ProblemOut
from sellout.http.problems import MEDIA_TYPE, PROBLEMS

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request repeatable: the first success is answered again. Scope: item and buyer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}

_RETRY_AFTER = {"description": "Seconds to wait before a retry", "schema": {"type": "integer"}}


def answers(status: int, model: type[BaseModel], *codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its success, and the problems with these codes, by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[PROBLEMS[code].status].append(code)
    described: dict[int | str, dict[str, Any]] = {status: {"model": model, "description": "Done"}}
    for problem_status, same in sorted(by_status.items()):
        described[problem_status] = {
            "description": "; ".join(f"`{code}`: {PROBLEMS[code].when}" for code in same),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }
        if problem_status in (409, 429, 503):
            described[problem_status]["headers"] = {"Retry-After": _RETRY_AFTER}
    return described


def problem_schema() -> dict[str, Any]:
    """The component that all problems refer to."""
    return ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
