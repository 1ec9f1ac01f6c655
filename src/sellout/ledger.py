"""The ledger as a chain of hashes: how a seal's digest is made, and checking that movements and seals fit. Pure.

Each item has a ledger of its own. A seal covers the movements of its item that follow those of the seal before it.
Its digest is the SHA-256, as 64 lower-case hexadecimal digits, of these lines in UTF-8, each ended by one line feed:

    for each movement, in the order of their numbers, a JSON array of the row's columns:
        [movement_no, item_id, kind, capacity, sold, held, purchase_id, hold_id, moved_at]
    and then, for the seal itself:
        ["sellout-ledger-1", item_id, seal_no, through_no, movements, sealed_at, previous]

`through_no` is the number of the last movement and `movements` how many there are. `previous` is the digest of the seal
before, "" for the first. The JSON has no spaces, escapes in strings only what it must (quotation marks, backslashes,
control characters; the short escapes where there are any), and writes numbers as integers and what is absent as null.
So whoever has a digest can tell whether anything of the ledger up to it was changed, removed, added or moved since.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from sellout.domain import Audit

VERSION = "sellout-ledger-1"
"""Stands in every seal's line, so that a later way of making digests cannot be taken for this one."""

PIECE_BYTES = 2047
"""The most that hashlib takes without letting other threads run."""

BREAKS_MAX = 100
"""How many breaks of a ledger are named; of a ledger without an end in sight all the others are only counted."""

FIRST_NO = -(2**63)
"""Below every movement's number. Numbers begin at 1, but somebody might add a movement with a lower one."""

Row = Sequence[Any]
"""A movement as its nine columns."""

_encoder = msgspec.json.Encoder()


class Seal(NamedTuple):
    """It covers `movements` movements of an item, up to the one with the number `through_no`."""

    item_id: str
    no: int
    through_no: int
    movements: int
    digest: str
    sealed_at: int


class Last(NamedTuple):
    """The last seal of an item, which the next one follows; the number is 0 where there is none."""

    item_id: str
    no: int
    digest: str


def seal_after(last: Last, lines: str, now: int) -> Seal:
    """The seal that follows `last` and covers the movements of these lines, one or more; no line feed ends the last."""
    through_no = int(msgspec.json.decode(lines[lines.rfind("\n") + 1 :])[0])
    unsigned = Seal(last.item_id, last.no + 1, through_no, lines.count("\n") + 1, "", now)
    return unsigned._replace(digest=_end(_hash(f"{lines}\n".encode()), unsigned, last.digest))


def _hash(lines: bytes) -> "hashlib._Hash":
    """In pieces for which Python does not hand its lock over: a batch would wait to get it back."""
    digest, view = hashlib.sha256(), memoryview(lines)
    for begin in range(0, len(lines), PIECE_BYTES):
        digest.update(view[begin : begin + PIECE_BYTES])
    return digest


def _end(movements: "hashlib._Hash", seal: Seal, previous: str) -> str:
    """The digest of a seal, after those of its movements' lines."""
    movements = movements.copy()
    line = (VERSION, seal.item_id, seal.no, seal.through_no, seal.movements, seal.sealed_at, previous)
    movements.update(_encoder.encode_lines([line]))
    return movements.hexdigest()


class Closing(NamedTuple):
    """All that a closing report tells of an item, read at one moment. `unsealed` movements follow the last seal."""

    audit: Audit
    seal: Seal | None
    unsealed: int
    first_sale: int | None
    last_sale: int | None
    now: int


class Break(NamedTuple):
    """Where a ledger was tampered with: which seals do not fit, which movements they cover, and what is wrong."""

    item_id: str
    first_seal: int
    last_seal: int
    first_no: int
    last_no: int
    what: str

    def __str__(self) -> str:
        seals = f"seal {self.first_seal}" + (f" to {self.last_seal}" if self.last_seal > self.first_seal else "")
        return f"{self.item_id}: {seals}, movements {self.first_no} to {self.last_no}: {self.what}"


class Checker:
    """Checks the ledger of an item seal by seal, from the first one on, in constant memory.

    Give it the movements of a seal in their order, in as many pieces as there are, and then the seal. After a break it
    goes on behind it, so that each break is named once.
    """

    def __init__(self, item_id: str, wanted: int = 0) -> None:
        """`wanted` is the number of a seal that is to be kept as `found`."""
        self.item_id = item_id
        self.wanted = wanted
        self.found: Seal | None = None
        self.seals = 0
        self.seal_no = 0
        self.through_no = FIRST_NO
        self.movements = 0
        self.digest = ""
        self.unsealed = 0
        self.breaks: list[Break] = []
        self.breaks_in_all = 0
        self._accepted: set[str] = {""}
        self._lines = hashlib.sha256()
        self._rows = 0

    @property
    def unbroken(self) -> bool:
        """Whether all that was looked at fits."""
        return self.breaks_in_all == 0

    def findings(self) -> list[str]:
        """Every break in a line, for people."""
        more = self.breaks_in_all - len(self.breaks)
        return [*map(str, self.breaks), *([f"{self.item_id}: and {more} more"] if more else [])]

    def add(self, rows: Sequence[Row]) -> None:
        """Movements that the next seal ought to cover."""
        if rows:
            self._lines.update(_encoder.encode_lines(rows))
            self._rows += len(rows)

    def close(self, seal: Seal) -> None:
        """The next seal, after its movements."""
        followed = seal.no == self.seal_no + 1
        if not followed:
            self._break(self.seal_no + 1, seal.no - 1, seal.through_no, "the seal is missing")
        computed = {_end(self._lines, seal, previous) for previous in self._accepted}
        if wrong := self._wrong(seal, computed, followed=followed):
            self._break(seal.no, seal.no, max(seal.through_no, self.through_no), wrong)
        self._accepted = {seal.digest, *computed}
        self.found = seal if seal.no == self.wanted else self.found
        self.seals += 1
        self.seal_no, self.digest = seal.no, seal.digest
        self.through_no, self.movements = max(self.through_no, seal.through_no), self.movements + self._rows
        self._lines, self._rows = hashlib.sha256(), 0

    def _wrong(self, seal: Seal, computed: set[str], *, followed: bool) -> str | None:
        if seal.digest in computed:
            return None
        if not followed:
            return None  # nobody can tell: the missing seal's movements are among them
        if self._rows != seal.movements:
            return f"the seal covers {seal.movements} movements, and there are {self._rows}"
        return "the movements or the seal were changed"

    def end(self, seals: int, unsealed: int, last_no: int | None) -> None:
        """No seals follow. The item has made `seals`; `unsealed` movements follow the last
        seal, up to the number `last_no`."""
        self.unsealed = unsealed
        if seals > self.seal_no:
            self._break(self.seal_no + 1, seals, last_no or self.through_no, "the seal is missing")
        elif seals < self.seal_no:
            self._break(seals + 1, self.seal_no, self.through_no, f"the item says that it has {seals} seals")

    def _break(self, first_seal: int, last_seal: int, last_no: int, what: str) -> None:
        self.breaks_in_all += 1
        first_no = 1 if self.through_no == FIRST_NO else self.through_no + 1
        if len(self.breaks) < BREAKS_MAX:
            self.breaks.append(Break(self.item_id, first_seal, last_seal, first_no, last_no, what))
