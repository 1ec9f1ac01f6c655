"""Purchases afterwards: reading one, the organiser's list, refunds, and the audit."""

import csv
import io
from typing import Any

import pytest

from tests.http.shop import Shop, problem_of, wrong_members

LIST = "/v1/items/item-a/purchases"


def listed(shop: Shop, **question: Any) -> Any:
    answer = shop.organise("GET", LIST, params=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_purchase_is_read_by_whoever_has_its_id(shop: Shop) -> None:
    bought = shop.buy(buyer="Ada").json()
    assert shop.get(f"/v1/purchases/{bought['purchase_id']}") == bought
    problem_of(shop.ask("GET", "/v1/purchases/unknown"), 404, "unknown_purchase")


def test_the_list_has_the_purchases_of_the_item_in_the_order_of_their_sale(shop: Shop) -> None:
    shop.add("Other", 5)
    bought = [shop.buy(buyer=f"b{n}").json() for n in range(5)]
    shop.buy("other")
    assert listed(shop) == {"purchases": bought, "next_cursor": None}


def test_pages_follow_one_another(shop: Shop) -> None:
    bought = [shop.buy(buyer=f"b{n}").json() for n in range(5)]
    pages, cursor = list[Any](), None
    while not pages or cursor:
        page = listed(shop, limit=2, **({"cursor": cursor} if cursor else {}))
        pages.append(page["purchases"])
        cursor = page["next_cursor"]
    assert pages == [bought[:2], bought[2:4], bought[4:]]


def test_a_cursor_stays_good_while_more_is_sold(shop: Shop) -> None:
    first = [shop.buy().json() for _ in range(3)]
    cursor = listed(shop, limit=2)["next_cursor"]
    later = shop.buy().json()
    assert listed(shop, cursor=cursor)["purchases"] == [first[2], later]


@pytest.mark.parametrize(
    ("question", "member"), [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor")]
)
def test_a_wrong_page_is_named(question: str, member: str, shared: Shop) -> None:
    assert wrong_members(shared.organise("GET", f"{LIST}?{question}")) == [member]


def test_an_item_without_purchases_has_an_empty_list_and_one_that_is_not_there_none(shared: Shop) -> None:
    assert listed(shared) == {"purchases": [], "next_cursor": None}
    problem_of(shared.organise("GET", "/v1/items/item-b/purchases"), 404, "unknown_item")


def test_the_list_comes_as_csv_too(shop: Shop) -> None:
    names = ["Ada", 'Zoë, "the first"', "=1+1"]
    bought = [shop.buy(buyer=name).json() for name in names]
    answer = shop.organise("GET", LIST, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["buyer"] for row in rows] == names
    assert rows[0] == {"hold_id": "", "payment_ref": ""} | {name: str(value) for name, value in bought[0].items()}


def test_a_buyer_without_a_name_is_an_empty_cell(shop: Shop) -> None:
    shop.buy()
    (row,) = csv.DictReader(io.StringIO(shop.organise("GET", LIST, headers={"Accept": "text/csv"}).text))
    assert row["buyer"] == ""


def test_pages_of_csv_link_to_the_next(shop: Shop) -> None:
    bought = [shop.buy().json()["purchase_id"] for _ in range(3)]
    first = shop.organise("GET", f"{LIST}?limit=2", headers={"Accept": "text/csv"})
    second = shop.organise("GET", first.links["next"]["url"], headers={"Accept": "text/csv"})
    assert "Link" not in second.headers
    ids = [row["purchase_id"] for page in (first, second) for row in csv.DictReader(io.StringIO(page.text))]
    assert ids == bought


def test_a_refund_makes_the_units_available_again(shop: Shop) -> None:
    bought = shop.buy(quantity=4).json()
    answer = shop.refund(bought["purchase_id"])
    assert answer.status_code == 200
    assert answer.json() == bought | {"state": "refunded"}
    assert shop.get(f"/v1/purchases/{bought['purchase_id']}") == answer.json()
    assert listed(shop)["purchases"] == [answer.json()]
    assert shop.item()["available"] == 100


def test_a_purchase_is_refunded_exactly_once(shop: Shop) -> None:
    purchase_id = shop.buy(quantity=4).json()["purchase_id"]
    shop.refund(purchase_id)
    for _ in range(2):
        problem_of(shop.refund(purchase_id), 409, "already_refunded")
    assert shop.item()["available"] == 100


@pytest.mark.parametrize("body", [{"reason": "x"}, [1]])
def test_a_refund_has_no_members(body: Any, shop: Shop) -> None:
    purchase_id = shop.buy().json()["purchase_id"]
    problem_of(shop.organise("POST", f"/v1/purchases/{purchase_id}/refund", json=body), 422, "invalid_request")
    assert shop.organise("POST", f"/v1/purchases/{purchase_id}/refund", json={}).json()["state"] == "refunded"


def test_a_purchase_that_is_not_there_cannot_be_refunded(shared: Shop) -> None:
    problem_of(shared.refund("unknown"), 404, "unknown_purchase")


def test_refunded_units_are_sold_again(shop: Shop) -> None:
    shop.add("Last", 1)
    shop.refund(shop.buy("last").json()["purchase_id"])
    assert shop.buy("last").is_success
    problem_of(shop.buy("last"), 410, "sold_out")


def test_the_audit_adds_the_ledger_up(shop: Shop) -> None:
    bought = [shop.buy(quantity=quantity).json() for quantity in (1, 2, 3)]
    shop.refund(bought[1]["purchase_id"])
    shop.change("item-a", capacity=120)
    shop.change("item-a", capacity=110)
    assert shop.audit() == {
        "capacity": 110,
        "sold": 4,
        "held": 0,
        "available": 106,
        "movements": {
            "restock": {"count": 3, "capacity": 110, "sold": 0, "held": 0},
            "buy": {"count": 3, "capacity": 0, "sold": 6, "held": 0},
            "refund": {"count": 1, "capacity": 0, "sold": -2, "held": 0},
        },
        "consistent": True,
    }


def test_refusals_leave_no_movement(shop: Shop) -> None:
    before = shop.audit()
    shop.buy(quantity=11)
    shop.change("item-a", max_per_order=1)
    shop.buy(quantity=2)
    assert shop.audit() == before
