"""Everything but a success, as exceptions: `Refused` is a definite no, `Unavailable` means that nobody knows yet.

    SelloutError
    ├─ Refused         nothing was changed; asking again with the same key is safe, and alone changes nothing
    ├─ Unavailable     no definite answer after the last try; ask again with the same `key`
    └─ Unreadable      what answered is not Sellout, or a version of it that this client cannot read

Refusals with classes of their own stand in `refusals.py`. A code that this client does not know is a plain `Refused`
with that code.
"""

import msgspec

from sellout.client.things import Moment

NO_ANSWER = "no_answer"
"""The code of an error that stands for no answer at all: a broken connection, a timeout, a gateway's 502 or 504."""

UNREADABLE_ANSWER = "unreadable_answer"
"""The code of an error that stands for an answer that is not Sellout's."""


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one member of a request. In a basket `field` is `lines.N`, N counting from 0."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem document (RFC 9457) as the server sends it. `retry_after` is in seconds."""

    code: str
    detail: str = ""
    title: str = ""
    status: int = 0
    type: str = ""
    instance: str = ""
    request_id: str = ""
    available: int | None = None
    retry_after: int | None = None
    opens_at: Moment | None = None
    hold_expires_at: Moment | None = None
    refund_due: bool | None = None
    errors: tuple[FieldProblem, ...] = ()


class SelloutError(Exception):
    """A call that did not get what it asked for.

    `problem` is the whole document. `key` is the idempotency key of the call, None where it has none; `tries` counts
    how often the request was sent.
    """

    def __init__(self, problem: Problem, key: str | None = None, tries: int = 1) -> None:
        super().__init__(problem, key, tries)
        self.problem = problem
        self.key = key
        self.tries = tries

    def __str__(self) -> str:
        said = self.problem.detail or self.problem.title or f"status {self.status}"
        return f"{self.code}: {said}"

    @property
    def code(self) -> str:
        """The stable code, such as `sold_out`; docs/problems.md lists them."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """A sentence about this case, for people."""
        return self.problem.detail

    @property
    def status(self) -> int:
        """The HTTP status; 0 where there was no answer."""
        return self.problem.status

    @property
    def request_id(self) -> str:
        """The server's id of the request, which its log has too; empty where there was no answer."""
        return self.problem.request_id

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """The members of the request, or the line of the basket, that it is about; mostly empty."""
        return self.problem.errors


class Refused(SelloutError):
    """A definite no. Nothing was changed."""


class Unavailable(SelloutError):
    """No definite answer after the last try. Ask again with the same `key`: if anything was got, that finds it."""

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the server asks to be asked again; None where it did not say."""
        return self.problem.retry_after


class NoAnswer(Unavailable):
    """The connection broke, or the time ran out. `__cause__` is the HTTP library's exception, where it raised one."""


class Busy(Unavailable):
    """More requests are waiting than may wait. Nothing was done."""


class RateLimited(Unavailable):
    """More requests were sent than allowed."""


class InternalError(Unavailable):
    """A defect of the server. Report the `request_id`."""


class Unreadable(SelloutError):
    """An answer that is not Sellout's, or that this client cannot read. With a key, ask again when it is mended."""
