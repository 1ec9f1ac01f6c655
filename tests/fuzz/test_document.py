"""Whatever the document allows, and what it does not: no 5xx, and every answer as it is described.

Requests follow each other, too: what one has made, the next ones use.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ORGANISER_KEY, running

REQUESTS_MIN = 20_000
EXAMPLES_MAX = 1100
"""Of each operation; with the sequences that is more than enough for all requests."""

SECONDS_MAX = 1500
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)


@pytest.mark.timeout(SECONDS_MAX + 60)
def test_made_up_requests_and_sequences_get_documented_answers(tmp_path: Path) -> None:
    with running(tmp_path / "shop.db") as server:
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/openapi.json",
             "--header", f"Authorization: Bearer {ORGANISER_KEY}", "--exclude-path-regex", "stream$",
             "--phases", "coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES_MAX), "--checks", CHECKS,
             "--no-color"],  # one worker: several parse Python at once, which Python 3.11 does not always survive
            cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None, done.stdout[-2000:]
    print(f"{generated[1]} requests")
    assert int(generated[1]) >= REQUESTS_MIN
