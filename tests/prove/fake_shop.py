"""A tiny shop on a real socket that keeps the contract, until a test tells it not to."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "the organiser's key"
DROP = "drop the connection"
Misbehaviour = Callable[[str, int], "web.Response | str | None"]


def behave(_buyer: str, _time: int) -> None:
    """What the shop does by default."""


def problem(status: int, code: str, *, retry_after: float | None = None, **more: object) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    content_type = "application/problem+json"
    body: dict[str, object] = {"status": status, "code": code, **more}
    return web.json_response(body, status=status, headers=headers, content_type=content_type)


@dataclass
class FakeShop:
    """`misbehave(buyer, nth request of that buyer)` may give an answer of its own, or drop the connection."""

    misbehave: Misbehaviour = behave
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    purchases: list[dict[str, Any]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    url: str = ""

    def stock(self, item: str, capacity: int, state: str = "on_sale") -> None:
        self.items[item] = {"name": item, "capacity": capacity, "sold": 0, "held": 0, "state": state}

    async def livez(self, _: web.Request) -> web.Response:
        return web.Response()

    async def add(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return problem(401, "unauthorized")
        wanted = await request.json()
        self.stock(wanted["id"], wanted["capacity"])
        return web.json_response(wanted, status=201)

    async def change(self, request: web.Request) -> web.Response:
        self.items[request.match_info["item"]] |= await request.json()
        return web.json_response({})

    async def item(self, request: web.Request) -> web.Response:
        if (item := self.items.get(request.match_info["item"])) is None:
            return problem(404, "unknown_item")
        return web.json_response(item | {"available": item["capacity"] - item["sold"]})

    async def audit(self, request: web.Request) -> web.Response:
        item = self.items[request.match_info["item"]]
        movements = {
            "restock": {"count": 1, "capacity": item["capacity"], "sold": 0, "held": 0},
            "sale": {"count": len(self.purchases), "capacity": 0, "sold": item["sold"], "held": 0},
        }
        counters = {part: item[part] for part in ("capacity", "sold", "held")}
        available = item["capacity"] - item["sold"]
        return web.json_response({**counters, "available": available, "movements": movements, "consistent": True})

    async def listed(self, request: web.Request) -> web.Response:
        start, limit = int(request.query.get("cursor", 0)), int(request.query["limit"])
        more = start + limit < len(self.purchases)
        page = self.purchases[start : start + limit]
        return web.json_response({"purchases": page, "next_cursor": str(start + limit) if more else None})

    async def lookup(self, request: web.Request) -> web.Response:
        for purchase in self.purchases:
            if purchase["buyer"] == request.query["buyer"]:
                return web.json_response(purchase)
        return problem(404, "unknown_purchase")

    async def buy(self, request: web.Request) -> web.StreamResponse:
        wanted = await request.json()
        buyer, quantity = wanted["buyer"], wanted["quantity"]
        self.seen[buyer] += 1
        answer = self.misbehave(buyer, self.seen[buyer])
        if answer == DROP:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return answer if isinstance(answer, web.Response) else self.sell(request, buyer, quantity)

    def sell(self, request: web.Request, buyer: str, quantity: int) -> web.Response:
        item = self.items[request.match_info["item"]]
        key = request.headers["Idempotency-Key"]
        for purchase in self.purchases:
            if (purchase["buyer"], purchase["key"]) == (buyer, key):
                return web.json_response(purchase, status=201, headers={"Idempotent-Replayed": "true"})
        left = item["capacity"] - item["sold"]
        if left < quantity:
            return problem(409, "not_enough_left", available=left) if left else problem(410, "sold_out")
        item["sold"] += quantity
        name = f"p-{len(self.purchases)}"
        new = {"purchase_id": name, "item": item["name"], "quantity": quantity, "buyer": buyer}
        self.purchases.append({**new, "state": "sold", "key": key})
        return web.json_response(self.purchases[-1], status=201)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["FakeShop"]:
        app = web.Application()
        app.add_routes(
            [
                web.get("/livez", self.livez),
                web.get("/readyz", self.livez),
                web.post("/v1/items", self.add),
                web.patch("/v1/items/{item}", self.change),
                web.get("/v1/items/{item}", self.item),
                web.get("/v1/items/{item}/audit", self.audit),
                web.get("/v1/items/{item}/purchases", self.listed),
                web.post("/v1/items/{item}/purchases", self.buy),
                web.get("/v1/items/{item}/purchases/lookup", self.lookup),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()
