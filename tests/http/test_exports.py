"""Exports: all purchases and the whole ledger of an item as one file, whole or not at all."""

import csv
import io
import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from sellout.domain import Purchase, PurchasePage
from sellout.http import export
from sellout.http.export import MOVEMENTS, PURCHASES, Format
from sellout.store.port import Store, StoreUnavailable
from sellout.store.reader import Reader
from tests.http.shop import ORGANISER, ORGANISER_KEY, Shop, problem_of
from tests.processes import running

ADDRESS = "/v1/items/item-a/{}/export"


def exported(shop: Shop, sheet: str, **headers: str) -> Any:
    answer = shop.organise("GET", ADDRESS.format(sheet), headers=headers)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return answer


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE_ROWS", 2)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
def test_all_purchases_come_as_json_lines(shop: Shop, number: int) -> None:
    shop.add("Other", 5)
    shop.buy("other")
    bought = [shop.buy(buyer=f"b{n}").json() for n in range(number)]
    answer = exported(shop, "purchases")
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="purchases-item-a.jsonl"'
    assert [json.loads(line) for line in answer.text.splitlines()] == bought


NAMES = ["Ada", 'Zoë, "the first"', "=1+1", "+1", "-1", "@SUM(A1)", "a=1"]
IN_CSV = ["Ada", 'Zoë, "the first"', "'=1+1", "'+1", "'-1", "'@SUM(A1)", "a=1"]


def test_all_purchases_come_as_csv_without_formulas(shop: Shop) -> None:
    bought = [shop.buy(buyer=name).json() for name in NAMES]
    answer = exported(shop, "purchases", Accept="text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert [row["buyer"] for row in rows] == IN_CSV
    assert rows[0] == {"hold_id": "", "payment_ref": ""} | {name: str(value) for name, value in bought[0].items()}
    assert answer.content.count(b"\r\n") == len(NAMES) + 1


def test_the_ledger_comes_in_its_order_with_its_numbers_as_they_are(shop: Shop) -> None:
    bought = shop.buy(quantity=3).json()
    shop.refund(bought["purchase_id"])
    lines = [json.loads(line) for line in exported(shop, "movements").text.splitlines()]
    assert [(line["kind"], line["capacity"], line["sold"]) for line in lines] == [
        ("restock", 100, 0), ("buy", 0, 3), ("refund", 0, -3),
    ]  # fmt: skip
    assert lines[1]["purchase_id"] == bought["purchase_id"]
    assert lines[1]["moved_at"] == bought["purchased_at"]
    rows = list(csv.DictReader(io.StringIO(exported(shop, "movements", Accept="text/csv").text, newline="")))
    assert [row["sold"] for row in rows] == ["0", "3", "-3"]
    assert rows == [{name: "" if value is None else str(value) for name, value in line.items()} for line in lines]


@pytest.mark.parametrize("sheet", ["purchases", "movements"])
def test_who_may_not_and_what_is_not_there(shared: Shop, sheet: str) -> None:
    problem_of(shared.ask("GET", ADDRESS.format(sheet)), 401, "unauthorized")
    problem_of(shared.organise("GET", f"/v1/items/no-such-item/{sheet}/export"), 404, "unknown_item")
    head = shared.organise("HEAD", ADDRESS.format(sheet))
    assert (head.status_code, head.headers["Content-Type"]) == (200, "application/jsonl")


def test_a_database_that_fails_in_the_middle_is_a_problem_and_no_half_a_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        shop.buy()
    read = PURCHASES.read

    async def fail_later(store: Reader | Store, item_id: str, after: int, limit: int) -> export.Page:
        if after > 2:
            raise StoreUnavailable("the disk is gone")
        return await read(store, item_id, after, limit)

    monkeypatch.setattr("sellout.http.routes.exports.PURCHASES", PURCHASES._replace(read=fail_later))
    problem_of(shop.organise("GET", ADDRESS.format("purchases")), 503, "unavailable")
    assert exported(shop, "movements").text.count("\n") == 6, "and its place is free again"


def test_only_so_many_files_are_made_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellout.http.routes.exports.EXPORTS_MAX", 0)
    problem_of(shop.organise("GET", ADDRESS.format("purchases")), 503, "busy")


class Endless:
    """A store with so many purchases, which are made when they are asked for."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        last = min(after + limit, self.number)
        found = [Purchase(f"p{n}", item_id, "A", f"buyer {n}", 1, None, n) for n in range(after, last)]
        return PurchasePage(found, last if last < self.number else None)


async def take(number: int, form: Format) -> int:
    store: Any = Endless(number)
    return sum([len(piece) async for piece in export.export(store, "a", PURCHASES, form)])


@pytest.mark.parametrize("form", list(Format))
def test_the_memory_for_a_file_does_not_grow_with_its_rows(monkeypatch: pytest.MonkeyPatch, form: Format) -> None:
    import asyncio

    monkeypatch.setattr(export, "PAGE_ROWS", 250)
    asyncio.run(take(500, form))  # what is made once is made
    peaks = dict[int, int]()
    for rows in (2_000, 40_000):
        tracemalloc.start()
        assert asyncio.run(take(rows, form)) > rows * 50
        peaks[rows] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[40_000] < peaks[2_000] + 200_000, "a page has 40 KB, the file 4 MB"


def test_the_server_sends_the_file_with_its_length(tmp_path: Path) -> None:
    with running(tmp_path / "shop.db", SELLOUT_ORGANISER_KEY=ORGANISER_KEY) as server:
        url = server.url
        for _ in range(3):
            urlopen(Request(f"{url}/buy_ticket", method="POST"), timeout=30).close()
        for sheet, rows in ((PURCHASES, 3), (MOVEMENTS, 4)):
            with urlopen(Request(f"{url}{ADDRESS.format(sheet.name)}", headers=ORGANISER), timeout=30) as answer:
                body: bytes = answer.read()
                assert int(answer.headers["Content-Length"]) == len(body)
            lines: Sequence[Any] = [json.loads(line) for line in body.splitlines()]
            assert len(lines) == rows
