"""What the shop itself says: counters, audit, purchases, holds; and, for an organiser, a new item.

May touch: the network, through aiohttp. Every answer must have the contract's shape; one that has not, or
that does not come, ends the run with CouldNotRun.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from sellout.history.requests import RETRIED, Order
from sellout.prove import CouldNotRun
from sellout.prove.customer import reason, seconds_of
from sellout.prove.readings import Audit, Counters, Entry, Hold, LatePayment, Purchase

ATTEMPTS_MAX = 20
PAUSE_SECONDS = 0.25
PAUSE_SECONDS_MAX = 5.0
PAGE_SIZE = 100

Shape = TypeVar("Shape")


class NotThere(CouldNotRun):
    """The server knows nothing of that address."""


class PurchasePage(msgspec.Struct):
    purchases: list[Purchase]
    next_cursor: str | None


class LatePaymentPage(msgspec.Struct):
    late_payments: list[LatePayment]
    next_cursor: str | None


Page = TypeVar("Page", PurchasePage, LatePaymentPage)


class Terms(msgspec.Struct):
    """What of an item decides whether anybody can buy at all."""

    name: str
    state: str


class Shop:
    """A customer's view of one server, and the organiser's where there is a key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, organiser_key: str | None = None) -> None:
        self.url = url
        self.organiser_key = organiser_key
        self._session = session
        self.organiser_headers = {"Authorization": f"Bearer {organiser_key}"} if organiser_key else {}

    async def ready(self) -> bool:
        try:
            async with self._session.get(f"{self.url}/readyz") as answer:
                return answer.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def terms(self, item: str) -> Terms:
        return _shaped(await self._get(_path(item), missing=f"no item {item} at {self.url}"), Terms)

    async def counters(self, item: str) -> Counters:
        return _shaped(await self._get(_path(item)), Counters)

    async def audit(self, item: str) -> Audit:
        return _shaped(await self._get(_path(item, "audit"), headers=self.organiser_headers), Audit)

    async def add(self, item: str, capacity: int, **terms: int) -> None:
        wanted = {"id": item, "name": item, "capacity": capacity, **terms}
        await self._call("POST", "/v1/items", json=wanted, headers=self.organiser_headers)

    async def pause(self, item: str) -> None:
        await self._call("PATCH", _path(item), json={"paused": True}, headers=self.organiser_headers)

    async def purchases(self, item: str, prefix: str = "") -> tuple[Purchase, ...]:
        """All purchases of an item, or those of the buyers whose names begin with the prefix."""
        pages = self._pages(_path(item, "purchases"), PurchasePage)
        found = [purchase async for page in pages for purchase in page.purchases]
        return tuple(purchase for purchase in found if (purchase.buyer or "").startswith(prefix))

    async def late_payments(self, item: str) -> tuple[LatePayment, ...]:
        """The payments of an item that are to be given back."""
        pages = self._pages(_path(item, "late-payments"), LatePaymentPage)
        return tuple([payment async for page in pages for payment in page.late_payments])

    async def _pages(self, path: str, shape: type[Page]) -> AsyncIterator[Page]:
        cursor: str | None = None
        while True:
            params = {"limit": str(PAGE_SIZE)} | ({"cursor": cursor} if cursor else {})
            page = _shaped(await self._get(path, params=params, headers=self.organiser_headers), shape)
            yield page
            if (cursor := page.next_cursor) is None:
                return

    async def hold(self, hold_id: str) -> Hold | None:
        return await self._known(f"/v1/holds/{quote(hold_id, safe='')}", Hold)

    async def entry(self, entry_id: str) -> Entry | None:
        return await self._known(f"/v1/waitlist/{quote(entry_id, safe='')}", Entry)

    async def lookup(self, item: str, order: Order) -> Purchase | None:
        """What the buyer of this order would be told who asks "did I get it?"."""
        params = {"key": order.key or "", "buyer": order.buyer}
        return await self._known(_path(item, "purchases", "lookup"), Purchase, params=params)

    async def _known(self, path: str, shape: type[Shape], **options: Any) -> Shape | None:
        """What the server knows under this address; None where it knows nothing."""
        status, body = await self._ask("GET", path, **options)
        if status == HTTPStatus.NOT_FOUND:
            return None
        return _shaped(_expect_success(status, body, "GET", path), shape)

    async def _get(self, path: str, *, missing: str | None = None, **options: Any) -> bytes:
        return await self._call("GET", path, missing=missing, **options)

    async def _call(self, method: str, path: str, *, missing: str | None = None, **options: Any) -> bytes:
        status, body = await self._ask(method, path, **options)
        if missing and status == HTTPStatus.NOT_FOUND:
            raise CouldNotRun(missing)
        return _expect_success(status, body, method, path)

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[int, bytes]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                async with self._session.request(method, f"{self.url}{path}", **options) as answer:
                    body = await answer.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise CouldNotRun(f"cannot reach {self.url}: {reason(error)}") from None
            if answer.status not in RETRIED or attempt == ATTEMPTS_MAX:
                break
            asked = seconds_of(answer.headers.get("Retry-After"))
            await asyncio.sleep(min(PAUSE_SECONDS_MAX, PAUSE_SECONDS if asked is None else asked))
        return answer.status, body


def _path(item: str, *rest: str) -> str:
    return "/".join(("/v1/items", quote(item, safe=""), *rest))


def _expect_success(status: int, body: bytes, method: str, path: str) -> bytes:
    if 200 <= status < 300:
        return body
    failure = NotThere if status == HTTPStatus.NOT_FOUND else CouldNotRun
    raise failure(f"{method} {path} was answered {status}{_said(body)}")


def _said(body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=Mapping[str, Any])
    except msgspec.DecodeError:
        return ""
    return "".join(f" {problem[part]}" for part in ("code", "detail") if problem.get(part))


def _shaped(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise CouldNotRun(f"the server's answer has another shape than {shape.__name__}: {error}") from None
