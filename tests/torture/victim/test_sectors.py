"""One file on a disk with a volatile cache: shown as written, kept as synced, and torn by no more than was written."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sellout.torture.victim.sectors import SECTOR_BYTES, Sectors

MOST = 4 * SECTOR_BYTES
OFFSETS = st.integers(0, MOST)
SIZES = st.integers(0, 2 * SECTOR_BYTES)


class Memory:
    """A disk in memory."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)

    def size(self) -> int:
        return len(self.content)

    def read(self, amount: int, offset: int) -> bytes:
        return bytes(self.content[offset : offset + amount])

    def write(self, data: bytes, offset: int) -> None:
        self.truncate(max(self.size(), offset + len(data)))
        self.content[offset : offset + len(data)] = data

    def truncate(self, size: int) -> None:
        self.content = self.content[:size].ljust(size, b"\0")


STEPS = st.one_of(
    st.tuples(st.just("write"), OFFSETS, SIZES),
    st.tuples(st.just("truncate"), OFFSETS, st.just(0)),
    st.tuples(st.just("flush"), st.just(0), st.just(0)),
)


def do(step: tuple[str, int, int], number: int, sectors: Sectors, disk: Memory, shown: Memory) -> None:
    """One step, on the file and on what it is to show."""
    kind, offset, size = step
    if kind == "write" and size:
        data = bytes([number % 255 + 1]) * size
        sectors.write(disk, data, offset)
        shown.write(data, offset)
    elif kind == "truncate":
        sectors.truncate(disk, offset)
        shown.truncate(offset)
    elif kind == "flush":
        sectors.flush(disk)


@given(start=st.binary(max_size=MOST), steps=st.lists(STEPS, max_size=12))
def test_it_shows_what_was_written_and_the_disk_has_what_was_synced(
    start: bytes, steps: list[tuple[str, int, int]]
) -> None:
    sectors, disk, shown = Sectors(), Memory(start), Memory(start)
    synced = bytes(start)
    for number, step in enumerate(steps):
        do(step, number, sectors, disk, shown)
        if step[0] == "flush":
            synced = bytes(shown.content)
        assert sectors.size(disk) == shown.size()
        assert sectors.read(disk, 2 * MOST, 0) == shown.content
        assert sectors.read(disk, 700, 300) == shown.content[300:1000]
        assert disk.content == synced


@given(start=st.binary(max_size=MOST), steps=st.lists(STEPS, max_size=12), seed=st.integers(0, 1000))
def test_a_power_cut_leaves_each_byte_as_it_was_or_as_it_was_shown(
    start: bytes, steps: list[tuple[str, int, int]], seed: int
) -> None:
    sectors, disk, shown = Sectors(), Memory(start), Memory(start)
    shortest = len(start)  # since the last sync
    for number, step in enumerate(steps):
        do(step, number, sectors, disk, shown)
        shortest = shown.size() if step[0] == "flush" else min(shortest, shown.size())
    before = bytes(disk.content)
    sectors.spill(disk, Random(seed))
    for number, found in enumerate(disk.content):
        old, new = before[number : number + 1], bytes(shown.content[number : number + 1])
        assert found in old + new or (found == 0 and number >= shortest), "nobody wrote this byte"


def test_some_power_cuts_leave_later_sectors_without_earlier_ones_and_tear_one() -> None:
    left = set[str]()
    for seed in range(200):
        sectors, disk = Sectors(), Memory(bytes(MOST))
        sectors.write(disk, b"x" * MOST, 0)
        sectors.spill(disk, Random(seed))
        whole = (disk.read(SECTOR_BYTES, at) for at in range(0, MOST, SECTOR_BYTES))
        left.add("".join({b"": ".", b"x" * SECTOR_BYTES: "x"}.get(sector.strip(b"\0"), "/") for sector in whole))
    assert "...." in left, "nothing of it"
    assert any("x" in found.partition(".")[2] for found in left), "a later one without an earlier one"
    assert any("x/" in found for found in left), "one in part"
    assert all(found.count("/") <= 1 for found in left)


def test_after_a_failed_sync_the_next_one_brings_only_what_was_written_since() -> None:
    sectors, disk = Sectors(), Memory(bytes(MOST))
    sectors.write(disk, b"a" * SECTOR_BYTES, 0)
    sectors.forget()
    sectors.write(disk, b"b" * SECTOR_BYTES, SECTOR_BYTES)
    sectors.flush(disk)
    assert disk.content == bytes(SECTOR_BYTES) + b"b" * SECTOR_BYTES + bytes(2 * SECTOR_BYTES)
    assert sectors.read(disk, SECTOR_BYTES, 0) == b"a" * SECTOR_BYTES, "and the system still shows it"
    sectors.write(disk, b"a" * SECTOR_BYTES, 0)
    sectors.flush(disk)
    assert disk.read(SECTOR_BYTES, 0) == b"a" * SECTOR_BYTES
