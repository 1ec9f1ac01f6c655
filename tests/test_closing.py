"""Closing reports: whatever is changed in one is found, and what cannot be is named."""

import json
from typing import Any

import pytest

from sellout.closing import (
    NoReport,
    contradictions,
    fingerprint,
    new_key,
    private_key,
    public_key,
    report_of,
    sign,
    verify,
)
from sellout.domain import Audit, Kind, MovementSum
from sellout.ledger import Closing, Seal
from tests.words import an_item

PRIVATE, PUBLIC = new_key()
KEY, SIGNER = private_key(PRIVATE), public_key(PUBLIC)
SUMS = {
    Kind.RESTOCK: MovementSum(1, 10, 0, 0),
    Kind.BUY: MovementSum(2, 0, 5, 0),
    Kind.REFUND: MovementSum(1, 0, -1, 0),
}
AUDIT = Audit(an_item(capacity=10, sold=4)._replace(name="Gäla"), SUMS, purchased=4, holding=0, unmatched=0)
CLOSING = Closing(AUDIT, Seal("a", 3, 17, 2, "ab" * 32, 5), 0, 1_700_000_000_000_000, 1_700_000_000_000_009, 10**15)
FILE = sign(report_of(CLOSING), KEY)


def test_a_report_tells_the_sale_and_is_verified() -> None:
    report = verify(FILE, SIGNER)
    assert report["item"]["sold"] == 4
    assert report["ledger"] == {"seals": 3, "through_no": 17, "digest": "ab" * 32}
    assert (report["first_sale_at"], report["last_sale_at"]) == (
        "2023-11-14T22:13:20.000000Z",
        "2023-11-14T22:13:20.000009Z",
    )
    assert report["movements"]["refund"] == {"count": 1, "capacity": 0, "sold": -1, "held": 0}
    assert contradictions(report) == []


def test_every_changed_byte_is_found() -> None:
    for place in range(len(FILE)):
        for other in {FILE[place] ^ 1, FILE[place] ^ 0x20, ord(" ")} - {FILE[place]}:
            with pytest.raises(NoReport):
                verify(FILE[:place] + bytes([other]) + FILE[place + 1 :])


@pytest.mark.parametrize("place", range(0, len(FILE) + 1, 7))
def test_nothing_can_be_added_or_left_out(place: int) -> None:
    for changed in (FILE[:place] + b" " + FILE[place:], FILE[:place] + FILE[place + 1 :]):
        if changed != FILE:
            with pytest.raises(NoReport):
                verify(changed)


@pytest.mark.parametrize(
    "other", [b"", b"{}", b"[]", b"null", b"x", b"\xff", b'{"signature": 1, "public_key": 2}', b"[" * 9999]
)
def test_what_is_no_report_is_told(other: bytes) -> None:
    with pytest.raises(NoReport, match="no closing report"):
        verify(other)


def test_somebody_else_may_sign_only_in_their_own_name() -> None:
    private, public = new_key()
    other = sign(report_of(CLOSING), private_key(private))
    assert verify(other)["public_key"] != verify(FILE)["public_key"]
    with pytest.raises(NoReport, match=fingerprint(public_key(public)).replace("+", r"\+")):
        verify(other, SIGNER)


def test_a_signed_report_of_another_kind_is_refused() -> None:
    with pytest.raises(NoReport, match="another kind"):
        verify(sign(report_of(CLOSING) | {"report": "sellout-report-9"}, KEY))


@pytest.mark.parametrize("member", ["capacity", "sold", "held", "available"])
def test_what_cannot_be_is_named_though_it_is_signed(member: str) -> None:
    report: dict[str, Any] = json.loads(json.dumps(report_of(CLOSING)))
    report["item"][member] += 1
    assert contradictions(verify(sign(report, KEY)))


@pytest.mark.parametrize("pem", [b"", b"x", PRIVATE, PUBLIC])
def test_keys_are_what_they_ought_to_be(pem: bytes) -> None:
    if pem != PRIVATE:
        with pytest.raises(NoReport):
            private_key(pem)
    if pem != PUBLIC:
        with pytest.raises(NoReport):
            public_key(pem)
