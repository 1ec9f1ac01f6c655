"""One file on a disk with a volatile cache: what the system shows of it, and what a power cut would leave.

Pure but for the disk that it is given. The unit is the sector: what is written to a part of one is kept as a whole one,
with the bytes around it as they were, so that no byte changes which nobody wrote.
"""

from collections.abc import Iterator
from random import Random
from typing import Protocol

SECTOR_BYTES = 512
"""What a disk writes at once. Larger ones are several of these, which makes them tear more easily than they would."""


class Disk(Protocol):
    """A file as it would be after a power cut."""

    def size(self) -> int: ...
    def read(self, amount: int, offset: int) -> bytes: ...
    def write(self, data: bytes, offset: int) -> None: ...
    def truncate(self, size: int) -> None: ...


class Sectors:
    """The sectors of a file that the disk has not, or has otherwise."""

    def __init__(self, limit: int | None = None) -> None:
        self._kept: dict[int, bytes] = {}
        self._dirty: set[int] = set()  # of these: what the next sync brings to the disk
        self._end = 0  # of what was written
        self._limit = limit  # where the file was cut off, if it was: what the disk has beyond is not shown

    def __bool__(self) -> bool:
        """Whether there are any. After a flush, those of a sync that failed."""
        return bool(self._kept)

    def size(self, disk: Disk) -> int:
        """Its size as the system shows it."""
        on_disk = disk.size()
        return max(self._end, on_disk if self._limit is None else min(self._limit, on_disk))

    def read(self, disk: Disk, amount: int, offset: int) -> bytes:
        """What the system shows; less than `amount` only at the end."""
        amount = max(0, min(amount, self.size(disk) - offset))
        shown = bytearray(self._on_disk(disk, amount, offset))
        for number in self._numbers(offset, amount) if self._kept else ():
            if (sector := self._kept.get(number)) is not None:
                begins = number * SECTOR_BYTES - offset
                first, last = max(0, begins), min(amount, begins + SECTOR_BYTES)
                shown[first:last] = sector[first - begins : last - begins]
        return bytes(shown)

    def write(self, disk: Disk, data: bytes, offset: int) -> None:
        """Shown from now on, and on the disk after a sync."""
        for number in self._numbers(offset, len(data)):
            begins = number * SECTOR_BYTES
            first, last = max(offset, begins), min(offset + len(data), begins + SECTOR_BYTES)
            new = data[first - offset : last - offset]
            if len(new) < SECTOR_BYTES:
                around = self.read(disk, SECTOR_BYTES, begins).ljust(SECTOR_BYTES, b"\0")
                new = around[: first - begins] + new + around[last - begins :]
            self._kept[number] = new
            self._dirty.add(number)
        self._end = max(self._end, offset + len(data))

    def truncate(self, disk: Disk, size: int) -> None:
        """Cut off, or made longer by zeros."""
        if size >= self.size(disk):
            self._end = max(self._end, size)
            return
        self._limit = size if self._limit is None else min(self._limit, size)
        self._end = min(self._end, size)
        for number in [number for number in self._kept if (number + 1) * SECTOR_BYTES > size]:
            left = max(0, size - number * SECTOR_BYTES)
            if left:
                self._kept[number] = self._kept[number][:left].ljust(SECTOR_BYTES, b"\0")
            else:
                del self._kept[number]
                self._dirty.discard(number)

    def flush(self, disk: Disk) -> None:
        """Bring everything to the disk that a sync brings there."""
        size = self.size(disk)
        if self._limit is not None and disk.size() > self._limit:
            disk.truncate(self._limit)
        for offset, data in self._runs():
            disk.write(data[: size - offset], offset)
        if disk.size() < size:
            disk.truncate(size)
        for number in self._dirty:
            del self._kept[number]
        self._dirty.clear()
        self._end, self._limit = 0, None

    def forget(self) -> None:
        """A sync has failed: what it should have brought is shown as before, and no later sync will bring it."""
        self._dirty.clear()

    def spill(self, disk: Disk, chance: Random) -> None:
        """The power fails in the middle of writing: some of it is on the disk, in any order, and one sector is torn."""
        if self._limit is not None and chance.choice([True, False]):
            disk.truncate(min(self._limit, disk.size()))
        share = chance.random()
        spilled = [number for number in sorted(self._kept) if chance.random() < share]
        torn = chance.choice(spilled) if spilled else None
        for number in spilled:
            written = chance.randrange(1, SECTOR_BYTES) if number == torn else SECTOR_BYTES
            disk.write(self._kept[number][:written], number * SECTOR_BYTES)

    def _on_disk(self, disk: Disk, amount: int, offset: int) -> bytes:
        there = amount if self._limit is None else max(0, min(amount, self._limit - offset))
        found = disk.read(there, offset) if there else b""
        return found.ljust(amount, b"\0")

    def _runs(self) -> Iterator[tuple[int, bytes]]:
        """What a sync writes: neighbours at once."""
        numbers = sorted(self._dirty)
        begin = 0
        for at in range(1, len(numbers) + 1):
            if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
                yield numbers[begin] * SECTOR_BYTES, b"".join(self._kept[number] for number in numbers[begin:at])
                begin = at

    @staticmethod
    def _numbers(offset: int, amount: int) -> range:
        return range(offset // SECTOR_BYTES, -(-(offset + amount) // SECTOR_BYTES))
