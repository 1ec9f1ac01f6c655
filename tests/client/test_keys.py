"""Kept keys: on the disk before anything is sent, the same for everybody who asks, forgotten only when it is safe."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from sellout.client import FileKeys, KeyReused, NoAnswer, Problem, SelloutError, SoldOut, new_key
from sellout.client.answers import Answer, read_answer
from sellout.client.keys import check_key

REFERENCES = ("order-1", "", "../order", "ä/ö", "x" * 5000)


class Stopped(BaseException):
    """The program is being stopped."""


def test_keys_are_new_valid_and_in_the_order_of_time() -> None:
    keys = [new_key() for _ in range(1000)]
    assert len(set(keys)) == 1000
    assert keys == sorted(keys, key=lambda key: key[:12])
    assert check_key(keys[0]) == keys[0]


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_has_one_key_until_it_is_forgotten(tmp_path: Path, reference: str) -> None:
    keys = FileKeys(tmp_path / "keys")
    first = keys.keep(reference)
    assert FileKeys(tmp_path / "keys").keep(reference) == first
    assert keys.references() == [reference]
    keys.forget(reference)
    keys.forget(reference)
    assert keys.references() == []
    assert keys.keep(reference) != first
    assert len(list((tmp_path / "keys").iterdir())) == 1  # and no litter


def test_references_do_not_share_keys(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)
    assert len({keys.keep(reference) for reference in REFERENCES}) == len(REFERENCES)
    assert keys.references() == sorted(REFERENCES)


def test_many_at_once_get_the_same_key(tmp_path: Path) -> None:
    got = list[str]()
    together = threading.Barrier(16)

    def keep() -> None:
        together.wait()
        got.append(FileKeys(tmp_path).keep("order-1"))

    threads = [threading.Thread(target=keep) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 16
    assert len(set(got)) == 1


def test_a_key_is_on_the_disk_before_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list[str]()
    real_sync, real_link = os.fsync, os.link

    def sync(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real_sync(handle)

    def link(source: Path, target: Path) -> None:
        steps.append("name")
        real_link(source, target)

    keys = FileKeys(tmp_path)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", link)
    keys.keep("order-1")
    assert steps == ["file", "name", "folder"]
    keys.keep("order-1")
    assert steps[3:] == ["folder"]  # the one that made it may not have come so far


def test_a_file_that_is_none_of_these_is_not_overwritten(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)
    keys.keep("order-1")
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    with pytest.raises(msgspec.DecodeError):
        keys.keep("order-1")


def test_a_killed_process_leaves_its_key(tmp_path: Path) -> None:
    script = f"""
import os, signal
from sellout.client import FileKeys
with FileKeys({str(tmp_path)!r}).attempt("order-1") as key:
    print(key, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    process = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert FileKeys(tmp_path).keep("order-1") == process.stdout.strip()


# What an attempt forgets.


def leave(keys: FileKeys, error: type[BaseException] | None, key: str | None = None, code: str = "sold_out") -> str:
    """The key of an attempt that ends with an error, or without. The error is about `key`, or the attempt's own."""
    mine = ""
    try:
        with keys.attempt("order-1") as mine:
            if error is not None and issubclass(error, SelloutError):
                raise error(Problem(code="key_reused" if error is KeyReused else code), key or mine)
            if error is not None:
                raise error
    except (SelloutError, ValueError, Stopped):
        pass
    return mine


@pytest.mark.parametrize("error", [None, SoldOut])
def test_a_definite_answer_ends_an_attempt(tmp_path: Path, error: type[BaseException] | None) -> None:
    keys = FileKeys(tmp_path)
    key = leave(keys, error)
    assert keys.references() == []
    assert keys.keep("order-1") != key


@pytest.mark.parametrize("error", [NoAnswer, KeyReused, ValueError, Stopped])
def test_whatever_leaves_a_doubt_keeps_the_key(tmp_path: Path, error: type[BaseException]) -> None:
    keys = FileKeys(tmp_path)
    key = leave(keys, error)
    assert keys.keep("order-1") == key


NO_DECISIONS = (
    (401, b"", "a login that asks for a token"),
    (401, b'{"code": "unauthorized", "detail": "it has expired"}', "our own word that a token has expired"),
    (403, b"<h1>blocked</h1>", "a filter"),
    (403, b'{"code": "forbidden", "detail": "another site"}', "our own word"),
    (404, b"no such page", "a proxy"),
    (404, b'{"code": "not_found"}', "another address"),
    (405, b"", "a proxy"),
    (413, b"", "a proxy"),
    (422, b'{"code": "invalid_request"}', "a body that is not valid any more"),
    (429, b'{"code": "rate_limited"}', "too often"),
)


@pytest.mark.parametrize(("status", "body", "who"), NO_DECISIONS)
def test_what_is_no_decision_of_ours_keeps_the_key(tmp_path: Path, status: int, body: bytes, who: str) -> None:
    keys = FileKeys(tmp_path)
    with contextlib.suppress(SelloutError), keys.attempt("order-1") as key:
        error = read_answer(lambda _: None, Answer(status, {}, body), key, 1)
        assert isinstance(error, SelloutError)
        raise error
    assert keys.keep("order-1") == key, who


@pytest.mark.parametrize("code", ["sold_out", "not_enough_left", "limit_reached", "closed", "hold_expired"])
def test_a_decision_ends_an_attempt(tmp_path: Path, code: str) -> None:
    keys = FileKeys(tmp_path)
    with contextlib.suppress(SelloutError), keys.attempt("order-1") as key:
        error = read_answer(lambda _: None, Answer(409, {}, b'{"code": "%s"}' % code.encode()), key, 1)
        assert isinstance(error, SelloutError)
        raise error
    assert keys.references() == []


def test_a_refusal_of_something_else_keeps_the_key(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)
    key = leave(keys, SoldOut, "another")
    assert keys.keep("order-1") == key


def test_attempts_await_as_well(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)

    async def attempt(fails: bool) -> str:
        async with keys.attempt("order-1") as key:
            assert keys.references() == ["order-1"]
            if fails:
                raise ValueError("failed")
        return key

    with pytest.raises(ValueError, match="failed"):
        asyncio.run(attempt(fails=True))
    kept = keys.keep("order-1")
    assert asyncio.run(attempt(fails=False)) == kept
    assert keys.references() == []
