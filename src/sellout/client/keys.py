"""Idempotency keys: making them, and keeping them on the disk before anything is sent.

A key that only the process knows dies with it, and whoever asks again then buys twice. `FileKeys` keeps the key of
an attempt under a reference that the caller finds again after a crash, such as the number of an order.
"""

import asyncio
import hashlib
import os
import tempfile
import time
from pathlib import Path
from types import TracebackType

import msgspec

from sellout.client.errors import Refused
from sellout.client.refusals import DECISIONS

KEY_LENGTH_MAX = 255
"""Characters in a key."""

_RANDOM_BYTES = 10


def new_key() -> str:
    """A new key: the millisecond, then 80 random bits. In the order of time, which the server's index likes."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(_RANDOM_BYTES).hex()}"


def check_key(key: str) -> str:
    """The key. Raises ValueError unless it has 1 to 255 printable ASCII characters."""
    if not (1 <= len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        raise ValueError(f"a key must have 1 to {KEY_LENGTH_MAX} printable ASCII characters, not {key!r}")
    return key


class _Kept(msgspec.Struct, frozen=True):
    """What a file says. The reference is there for people who look."""

    reference: str
    key: str


class FileKeys:
    """Keys in a folder, a file for each reference, for any number of threads and processes at once."""

    def __init__(self, folder: Path | str) -> None:
        """Makes the folder where there is none. Raises OSError where it cannot."""
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(self._folder.absolute().parent)

    def attempt(self, reference: str) -> "Attempt":
        """A block, `with` or `async with`, that sends one request under the key that is kept for `reference`."""
        return Attempt(self, reference)

    def keep(self, reference: str) -> str:
        """The key of `reference`: the one that is kept, or a new one, which is on the disk when this returns.

        Raises OSError where the disk does not take it, and msgspec.DecodeError where a file is not one of these.
        """
        file = self._file(reference)
        try:
            key = _read(file)
        except FileNotFoundError:
            key = self._keep_new(reference, file)
        _sync_folder(self._folder)  # also where another process has just made it
        return key

    def _keep_new(self, reference: str, file: Path) -> str:
        """A new key, or the one of another process that was faster."""
        kept = _Kept(reference, new_key())
        written = self._write(kept)
        try:
            os.link(written, file)
        except FileExistsError:
            return self.keep(reference)
        finally:
            written.unlink()
        return kept.key

    def forget(self, reference: str) -> None:
        """The next attempt of `reference` is a new one. Forgetting what is not kept does nothing."""
        self._file(reference).unlink(missing_ok=True)
        _sync_folder(self._folder)

    def references(self) -> list[str]:
        """The references whose keys are kept: attempts under way, and those that a crash has left."""
        found = [msgspec.json.decode(file.read_bytes(), type=_Kept) for file in self._folder.glob("*.json")]
        return sorted(kept.reference for kept in found)

    def _file(self, reference: str) -> Path:
        return self._folder / f"{hashlib.sha256(reference.encode()).hexdigest()}.json"

    def _write(self, kept: _Kept) -> Path:
        """A whole file under a name that nobody looks for."""
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        return Path(name)


class Attempt:
    """One request under a kept key. Entering the block gives the key; leaving it forgets the key, or not.

    Forgotten: when the block ends without an error, because then the caller has what it got, and when Sellout has
    decided that this key's request gets nothing. Kept: after any other error, so that the same reference asks again
    under the same key. No decision are a token that has expired (401), a filter's 403, a proxy's 404, a body that is
    not valid: an earlier try may have got something. A key that was used for something else (`KeyReused`) has got that.
    """

    def __init__(self, keys: FileKeys, reference: str) -> None:
        self._keys = keys
        self._reference = reference
        self._key = ""

    def __enter__(self) -> str:
        self._key = self._keys.keep(self._reference)
        return self._key

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None or self._has_got_nothing(error):
            self._keys.forget(self._reference)

    async def __aenter__(self) -> str:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _has_got_nothing(self, error: BaseException) -> bool:
        return isinstance(error, Refused) and error.key == self._key and error.code in DECISIONS


def _read(file: Path) -> str:
    return msgspec.json.decode(file.read_bytes(), type=_Kept).key


def _sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk only when the folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
