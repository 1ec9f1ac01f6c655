"""`Client`: the calls as methods that return when the answer is there."""

import time
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from sellout.client import buying, organising
from sellout.client.answers import Answer, Lost
from sellout.client.connecting import (
    CONNECTIONS_MAX,
    LOST,
    TIMEOUT_SECONDS,
    Base,
    BuyerToken,
    answer_of,
    as_method,
    limits_of,
    log_pause,
    lost,
)
from sellout.client.exchange import Call, Means, Pause, Retries, Send
from sellout.client.organising import Pages

P = ParamSpec("P")
T = TypeVar("T")


def _asks(make: Callable[P, Call[T]]) -> "Callable[Concatenate[Client, P], T]":
    """The method that makes one call."""

    def method(client: "Client", /, *args: P.args, **named: P.kwargs) -> T:
        return client.ask(make(*args, **named))

    return as_method(method, make)


def _lists(make: Callable[P, Pages[T]]) -> "Callable[Concatenate[Client, P], Iterator[T]]":
    """The method that goes through all pages of a list."""

    def method(client: "Client", /, *args: P.args, **named: P.kwargs) -> Iterator[T]:
        return client.rows(make(*args, **named))

    return as_method(method, make)


class Client(Base):
    """A customer of one server, for any number of threads. Use it in a `with` block, or `close` it."""

    def __init__(
        self,
        url: str,
        *,
        organiser_key: str | None = None,
        buyer_token: BuyerToken | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        retries: Retries = Retries(),  # noqa: B008 - it never changes
        connections: int = CONNECTIONS_MAX,
        http: httpx2.Client | None = None,
        means: Means = Means(),  # noqa: B008 - it never changes
    ) -> None:
        """Where the server is, such as `https://shop.example`; nothing is sent yet.

        `buyer_token`: a token of the shop's login, or a function that gives the one that is good now; it goes with
        every call but the organiser's. `timeout_seconds`: how long one try waits to connect, and for the answer.
        `http`: an HTTP client of your own, with its proxies and certificates, which you close yourself; `connections`
        is then its matter. `means`: time and randomness, for tests. Raises ValueError.
        """
        super().__init__(url, organiser_key, buyer_token, timeout_seconds, retries, means)
        self._owned = http is None
        self._http = httpx2.Client(limits=limits_of(connections)) if http is None else http

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Calls after this raise RuntimeError."""
        if self._owned:
            self._http.close()

    def ask(self, call: Call[T]) -> T:
        """Make one call: send and pause until there is a definite answer. Raises SelloutError."""
        steps = self.begin(call)
        told: Answer | Lost | None = None
        try:
            while True:
                step = steps.send(told)
                told = self._do(step)
        except StopIteration as end:
            result: T = end.value
            return result

    def rows(self, pages: Pages[T]) -> Iterator[T]:
        """Go through all pages of a list; each is asked for when the one before is used up."""
        page = self.ask(pages(None))
        yield from page.rows
        while page.next_cursor is not None:
            page = self.ask(pages(page.next_cursor))
            yield from page.rows

    def _do(self, step: Send | Pause) -> Answer | Lost | None:
        if isinstance(step, Pause):
            log_pause(step)
            time.sleep(step.seconds)
            return None
        try:
            return answer_of(self._http.request(**self.request(step)))
        except LOST as error:
            return lost(error)

    items = _asks(buying.items)
    item = _asks(buying.item)
    audit = _asks(buying.audit)
    buy = _asks(buying.buy)
    buy_ticket = _asks(buying.buy_ticket)
    buy_basket = _asks(buying.buy_basket)
    purchase = _asks(buying.purchase)
    lookup = _asks(buying.lookup)
    hold = _asks(buying.hold)
    hold_basket = _asks(buying.hold_basket)
    get_hold = _asks(buying.get_hold)
    pay = _asks(buying.pay)
    confirm = _asks(buying.confirm)
    release = _asks(buying.release)
    join = _asks(buying.join)
    entry = _asks(buying.entry)
    leave = _asks(buying.leave)

    add_item = _asks(organising.add_item)
    change_item = _asks(organising.change_item)
    refund = _asks(organising.refund)
    purchases = _lists(organising.purchases)
    late_payments = _lists(organising.late_payments)
