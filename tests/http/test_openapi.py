"""The OpenAPI document: valid, and it describes what the program answers, the hot routes too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from sellout.http import documented, health, routes
from sellout.http.problems import PROBLEMS
from tests.http.shop import Shop, running_shop

Document = dict[str, Any]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("openapi") / "shop.db") as shop:
        yield shop


@pytest.fixture(scope="module")
def document(opened: Shop) -> Document:
    found: Document = opened.get("/openapi.json")
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if "$ref" in part else []
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document: Document, reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def test_it_is_openapi_3_1_with_schemas_that_are_valid(document: Document) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] == "Sellout"
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_all_references_lead_somewhere(document: Document) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference)


def test_every_component_is_used(document: Document) -> None:
    used = {reference.rsplit("/", 1)[1] for reference in references(document)}
    assert used == set(document["components"]["schemas"])


def test_every_route_that_the_program_answers_is_in_it(document: Document) -> None:
    answered = {
        (method, route.path)  # type: ignore[attr-defined]
        for router in (*routes.routers, health.router)
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
    assert {(method, path) for method, path, _ in operations(document)} == answered
    assert {("POST", "/buy_ticket"), ("POST", "/v1/items/{item_id}/purchases")} <= answered


def test_every_operation_says_what_it_does_under_a_name_of_its_own(document: Document) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["description"] for _, _, operation in operations(document))


def test_problems_are_described_as_problem_details(document: Document) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                schema = {"$ref": "#/components/schemas/ProblemOut"}
                assert answer["content"] == {"application/problem+json": {"schema": schema}}, (method, path, status)


def test_every_problem_code_is_in_it(document: Document) -> None:
    schema = document["components"]["schemas"]["ProblemOut"]
    assert schema["properties"]["code"]["enum"] == sorted(PROBLEMS)


def test_codes_stand_under_their_status(document: Document) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            for code in re.findall(r"`(\w+)`: ", answer["description"]):
                assert PROBLEMS[code].status == int(status), (method, path, code)


@pytest.mark.parametrize("name", ["Request-Id", "Location", "Idempotent-Replayed", "Retry-After", "Link"])
def test_headers_of_answers_are_described(name: str, document: Document) -> None:
    found = [
        (path, status)
        for _, path, operation in operations(document)
        for status, answer in operation["responses"].items()
        if name in answer.get("headers", {})
    ]
    assert found
    if name == "Request-Id":
        assert len(found) == sum(len(operation["responses"]) for _, _, operation in operations(document))


def test_organiser_routes_need_the_key_and_buyers_may_have_a_token(document: Document) -> None:
    ways = {(method, path): operation["security"] for method, path, operation in operations(document)}
    secured = {route: given for route, given in ways.items() if given}
    guarded = {route for route, ways in secured.items() if {} not in ways}
    assert guarded == {
        ("POST", "/v1/items"),
        ("PATCH", "/v1/items/{item_id}"),
        ("GET", "/v1/items/{item_id}/purchases"),
        ("GET", "/v1/items/{item_id}/purchases/export"),
        ("GET", "/v1/items/{item_id}/movements/export"),
        ("GET", "/v1/items/{item_id}/late-payments"),
        ("POST", "/v1/purchases/{purchase_id}/refund"),
    }
    told = {(method, path) for method, path, operation in operations(document) if "401" in operation["responses"]}
    of_buyers = secured.keys() - guarded
    assert (
        told - guarded
        == of_buyers
        == {
            ("GET", "/v1/items/{item_id}/audit"),
            ("POST", "/buy_ticket"),
            ("POST", "/v1/items/{item_id}/purchases"),
            ("GET", "/v1/items/{item_id}/purchases/lookup"),
            ("GET", "/v1/purchases/{purchase_id}"),
            ("POST", "/v1/items/{item_id}/holds"),
            ("GET", "/v1/holds/{hold_id}"),
            ("DELETE", "/v1/holds/{hold_id}"),
            ("POST", "/v1/holds/{hold_id}/pay"),
            ("POST", "/v1/holds/{hold_id}/confirm"),
            ("POST", "/v1/items/{item_id}/waitlist"),
            ("GET", "/v1/waitlist/{entry_id}"),
            ("DELETE", "/v1/waitlist/{entry_id}"),
            ("POST", "/v1/baskets/purchases"),
            ("POST", "/v1/baskets/holds"),
        }
    ), "routes of buyers, who may need a token"
    assert guarded <= told
    for method, path in of_buyers:
        scope = "read" if method == "GET" else "sell"
        ways_in = sorted(secured[method, path], key=str)
        assert ways_in == sorted([{}, {"buyer-token": []}, {"organiser-key": [scope]}], key=str)


def test_ways_to_say_who_asks_are_described_under_names_that_openapi_allows(document: Document) -> None:
    schemes = document["components"]["securitySchemes"]
    named = {name for *_, operation in operations(document) for way in operation["security"] for name in way}
    assert named == schemes.keys() == {"organiser-key", "buyer-token"}
    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes.values()} == {("http", "bearer")}
    assert schemes["buyer-token"]["bearerFormat"] == "JWT"
    for components in document["components"].values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in components)


def test_orders_take_a_key_and_a_body_that_may_be_left_out(document: Document) -> None:
    for path in ("/buy_ticket", "/v1/items/{item_id}/purchases"):
        operation = document["paths"][path]["post"]
        assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
        assert not operation["requestBody"].get("required", False)
        assert set(operation["requestBody"]["content"]) == {"application/json"}


def test_answers_fit_their_schemas(opened: Shop, document: Document) -> None:
    bought = opened.buy(buyer="Ada", key="k1")
    address = f"/v1/purchases/{bought.json()['purchase_id']}"
    samples = [
        ("POST", "/buy_ticket", opened.ticket()),
        ("POST", "/v1/items/{item_id}/purchases", bought),
        ("GET", "/v1/items", opened.ask("GET", "/v1/items")),
        ("PATCH", "/v1/items/{item_id}", opened.change("item-a", closes_at="2999-01-01T00:00:00Z")),
        ("GET", "/v1/items/{item_id}/purchases", opened.organise("GET", "/v1/items/item-a/purchases")),
        ("GET", "/v1/purchases/{purchase_id}", opened.ask("GET", address)),
        ("POST", "/v1/purchases/{purchase_id}/refund", opened.organise("POST", f"{address}/refund")),
        ("GET", "/v1/items/{item_id}/audit", opened.ask("GET", "/v1/items/item-a/audit")),
        ("GET", "/v1/items/{item_id}", opened.ask("GET", "/v1/items/item-b")),
        ("POST", "/v1/items/{item_id}/purchases", opened.buy(quantity=0)),
    ]
    for method, path, answer in samples:
        described = document["paths"][path][method.lower()]["responses"][str(answer.status_code)]
        (media_type, content), *_ = described["content"].items()
        assert answer.headers["Content-Type"] == media_type
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(answer.json())


def test_it_names_no_other_host(opened: Shop) -> None:
    assert "http" not in re.sub(r'"(scheme|type)":\s*"\w+"', "", opened.ask("GET", "/openapi.json").text)


def test_it_is_the_same_in_every_process(document: Document, tmp_path: Path) -> None:
    with running_shop(tmp_path / "another.db") as another:
        assert another.get("/openapi.json") == document
    assert documented.answers(200, None).keys() == {200, 500}


def test_operations_have_short_names_in_groups_that_are_described(document: Document) -> None:
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    for _, path, operation in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]), path
        assert len(operation["operationId"]) <= 24
    assert {tag for *_, operation in operations(document) for tag in operation["tags"]} == described.keys()
    assert all(described.values())


def test_it_says_which_media_types_come(document: Document) -> None:
    exports = [path for path in document["paths"] if path.endswith("/export")]
    assert len(exports) == 2
    for path in exports:
        assert document["paths"][path]["get"]["responses"]["200"]["content"].keys() == {"application/jsonl", "text/csv"}
    purchases = document["paths"]["/v1/items/{item_id}/purchases"]["get"]["responses"]["200"]["content"]
    assert purchases.keys() == {"application/json", "text/csv"}


def test_a_change_has_no_defaults_because_a_generated_client_would_send_them(document: Document) -> None:
    changes = document["components"]["schemas"]["ItemChanges"]
    assert {"name", "capacity", "paused", "buyer_tokens"} <= changes["properties"].keys()
    assert not [name for name, member in changes["properties"].items() if "default" in member]
    assert "required" not in changes


def test_an_example_of_a_key_is_a_new_one_for_each_request_of_a_collection(document: Document) -> None:
    examples = {
        parameter["example"]
        for *_, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
    }
    assert examples == {"{{$guid}}"}


def test_a_problem_may_get_more_members(document: Document) -> None:
    assert "additionalProperties" not in document["components"]["schemas"]["ProblemOut"]


@pytest.mark.parametrize("root_path", ["", "/shop"])
def test_it_says_where_the_routes_are(root_path: str, tmp_path: Path) -> None:
    with running_shop(tmp_path / "shop.db") as shop:
        found = TestClient(shop.client.app, root_path=root_path).get(f"{root_path}/openapi.json").json()
    assert found["servers"] == [{"url": root_path or "/"}]


def test_who_has_this_version_of_it_is_not_sent_it_again(opened: Shop) -> None:
    first = opened.ask("GET", "/openapi.json")
    assert first.headers["Content-Type"] == "application/json"
    etag = first.headers["ETag"]
    again = opened.ask("GET", "/openapi.json", headers={"If-None-Match": f'"another", W/{etag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert opened.ask("GET", "/openapi.json", headers={"If-None-Match": '"another"'}).status_code == 200


def members(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]["properties"]
    return found


@pytest.mark.parametrize(("name", "member"), [
    ("OrderBody", "buyer"), ("JoinBody", "buyer"), ("BasketBody", "buyer"), ("ConfirmationBody", "payment_ref"),
    ("JoinBody", "contact"), ("LineBody", "item"),
])  # fmt: skip
def test_texts_have_the_bounds_that_the_program_has(name: str, member: str, document: Document) -> None:
    schema = members(document, name)[member] | {"components": document["components"]}
    check = jsonschema_rs.validator_for(schema)
    assert check.is_valid("ada@example.org")
    for wrong in ("", "tab\t", "nul\x00", "\x85"):
        assert not check.is_valid(wrong), wrong
    if member == "buyer":
        assert check.is_valid("a" * 128)
        assert not check.is_valid("a" * 129)


def test_bounds_that_are_settings_are_those_of_this_shop(tmp_path: Path) -> None:
    with running_shop(tmp_path / "shop.db", buyer_length_max=7, basket_lines_max=3, page_size_max=9) as shop:
        document = shop.get("/openapi.json")
    assert members(document, "OrderBody")["buyer"]["maxLength"] == 7
    assert members(document, "BasketBody")["lines"]["maxItems"] == 3
    (limit,) = (
        parameter["schema"]["maximum"]
        for parameter in document["paths"]["/v1/items/{item_id}/purchases"]["get"]["parameters"]
        if parameter["name"] == "limit"
    )
    assert limit == 9
    assert "x-bound" not in str(document)


@pytest.mark.parametrize("key", ["a", "order-17", 'a"b', '"a b"', r'"a \" b"', "{{$guid}}"])
def test_a_key_that_the_document_allows_is_taken(key: str, opened: Shop, document: Document) -> None:
    schema = document["paths"]["/buy_ticket"]["post"]["parameters"][0]["schema"]
    assert jsonschema_rs.validator_for(schema).is_valid(key)
    assert opened.ask("POST", "/buy_ticket", headers={"Idempotency-Key": key}).status_code in (200, 410)


@pytest.mark.parametrize("key", ["", '"', '"a', r'"a\b"', "é", "a" * 256])
def test_a_key_that_is_refused_is_not_allowed_by_the_document(key: str, document: Document) -> None:
    schema = document["paths"]["/buy_ticket"]["post"]["parameters"][0]["schema"]
    assert not jsonschema_rs.validator_for(schema).is_valid(key)


def test_the_bounds_of_integers_are_integers(opened: Shop) -> None:
    assert not re.search(r'"(?:minimum|maximum)":\s*\d+\.', opened.ask("GET", "/openapi.json").text)
