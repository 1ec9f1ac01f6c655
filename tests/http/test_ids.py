"""Ids: of version 7, in the order of time, and no help for guessing the next one."""

import itertools
import uuid

from sellout.http.ids import new_id, new_request_id

MANY = 2000


def random_bits(id_: str) -> int:
    """The 74 bits that are neither time nor version nor variant."""
    number = uuid.UUID(id_).int
    return (number >> 64 & 0xFFF) << 62 | number & ((1 << 62) - 1)


def test_they_are_uuids_of_version_7_in_their_one_way_of_writing() -> None:
    for id_ in (new_id() for _ in range(MANY)):
        parsed = uuid.UUID(id_)
        assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, id_)


def test_they_follow_each_other_in_the_order_of_time() -> None:
    stamps = [uuid.UUID(new_id()).int >> 80 for _ in range(MANY)]
    assert stamps == sorted(stamps)


def test_nothing_of_an_id_tells_the_next_one() -> None:
    bits = [random_bits(new_id()) for _ in range(MANY)]
    assert len(set(bits)) == MANY
    for place in range(74):
        ones = sum(value >> place & 1 for value in bits)
        assert 0.4 < ones / MANY < 0.6, "each bit is random by itself"
        changes = sum((a ^ b) >> place & 1 for a, b in itertools.pairwise(bits))
        assert 0.4 < changes / MANY < 0.6, "and does not follow from the id before"


def test_request_ids_are_all_different() -> None:
    assert len({new_request_id() for _ in range(MANY)}) == MANY
