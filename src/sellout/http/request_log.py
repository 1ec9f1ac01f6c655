"""The request log: one line of JSON a request, where a setting asks for it.

Never in it: what a query, a header or a body says, so no buyer, no key and no cookie.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from sellout.http.following import Answered, Asked

log = structlog.get_logger()

PATH_LENGTH_MAX = 512
"""Characters of a path that are shown: strangers may type as many as a server takes."""


@contextmanager
def log_request(asked: Asked, answered: Answered) -> Iterator[None]:
    """Log a request when its answer has been given to the server; a stream's answer, when it ends."""
    started = time.perf_counter()
    try:
        yield
    finally:
        log.info(
            "request",
            method=asked.method,
            path=asked.path[:PATH_LENGTH_MAX],
            status=answered.status,
            duration_ms=round((time.perf_counter() - started) * 1000, 3),
            bytes=0 if asked.method == "HEAD" else answered.body_bytes,  # servers leave its body out
            client=asked.client,
            request_id=answered.request_id,
        )
