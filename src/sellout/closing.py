"""Closing reports: what became of an item's sale, signed, so that anybody can verify it without the shop.

A report is JSON, written in one way only, so that every changed byte is found. Its last member is the signature
(Ed25519, in Base64) of the same JSON without that member; the one before it is the public key of whoever signed. Its
ledger's digest is that of the item's last seal (`sellout.ledger`), which stands for the whole ledger.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import sellout
from sellout.http.times import rfc3339
from sellout.http.views import sum_view
from sellout.ledger import Closing

VERSION = "sellout-report-1"

Report = dict[str, Any]


class NoReport(Exception):
    """What was given is no closing report or no key that can be used; the message says why."""


def report_of(closing: Closing) -> Report:
    """What is signed. Only for an item whose ledger is consistent and sealed to its end."""
    item, seal = closing.audit.item, closing.seal
    return {
        "report": VERSION,
        "made_at": rfc3339(closing.now),
        "made_by": f"sellout {sellout.__version__}",
        "item": {
            "id": item.id,
            "name": item.name,
            "capacity": item.capacity,
            "sold": item.sold,
            "held": item.held,
            "available": item.available,
            "opens_at": _time(item.opens_at),
            "closes_at": _time(item.closes_at),
        },
        "first_sale_at": _time(closing.first_sale),
        "last_sale_at": _time(closing.last_sale),
        "movements": {kind: sum_view(total) for kind, total in sorted(closing.audit.sums.items())},
        "ledger": {
            "seals": 0 if seal is None else seal.no,
            "through_no": 0 if seal is None else seal.through_no,
            "digest": "" if seal is None else seal.digest,
        },
    }


def _time(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def sign(report: Report, key: Ed25519PrivateKey) -> bytes:
    """The report as a file, with its signature."""
    with_key = report | {"public_key": _base64(_raw(key.public_key()))}
    return _written(with_key | {"signature": _base64(key.sign(_written(with_key)))})


def verify(file: bytes, signer: Ed25519PublicKey | None = None) -> Report:
    """The report in a file. Raises NoReport where it is none, or not as it was signed, or signed by somebody else."""
    try:
        report: Report = json.loads(file)
        signed = {name: value for name, value in report.items() if name != "signature"}
        public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(report["public_key"], validate=True))
        signature = base64.b64decode(report["signature"], validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoReport("it is no closing report") from None
    try:
        public_key.verify(signature, _written(signed))
    except InvalidSignature:
        raise NoReport("it was changed after it was signed") from None
    if _written(report) != file:
        raise NoReport("it was changed after it was signed")
    if signer is not None and _raw(signer) != _raw(public_key):
        raise NoReport(f"it was signed by another key, {fingerprint(public_key)}")
    if report.get("report") != VERSION:
        raise NoReport(f"it is a report of another kind: {report.get('report')}")
    return report


def contradictions(report: Report) -> list[str]:
    """What a report says that cannot be, in itself: who signs can be wrong, too."""
    item, sums = report["item"], report["movements"].values()
    found = [
        f"its movements add up to {total} {counter}, and the item has {item[counter]}"
        for counter in ("capacity", "sold", "held")
        if (total := sum(each[counter] for each in sums)) != item[counter]
    ]
    if item["available"] != item["capacity"] - item["sold"] - item["held"] or item["available"] < 0:
        found.append(f"{item['available']} cannot be available")
    return found


def _written(report: Report) -> bytes:
    """The one way to write a report."""
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()


# Keys.


def new_key() -> tuple[bytes, bytes]:
    """A private key and its public one, each as PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def private_key(pem: bytes) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises NoReport."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise NoReport("it is no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NoReport("it is no Ed25519 key")
    return key


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Likewise."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        raise NoReport("it is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise NoReport("it is no Ed25519 key")
    return key


def key_in(report: Report) -> Ed25519PublicKey:
    """The public key that a verified report names."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(report["public_key"]))


def fingerprint(key: Ed25519PublicKey) -> str:
    """A short name of a key, to be compared by people."""
    return "SHA256:" + _base64(hashlib.sha256(_raw(key)).digest()).rstrip("=")


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
