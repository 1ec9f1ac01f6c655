"""The proof of work: right answers pass once, and again for a retry; all others do not."""

import hashlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.http.challenge import proof_of_work
from sellout.http.challenge.proof_of_work import ProofOfWork, leading_zero_bits

SECRET = "a secret of thirty-two characters"
BITS = 6


def solve(token: str, bits: int = BITS) -> str:
    """What a client computes."""
    tries = (f"{token}:{number}" for number in count())
    return next(one for one in tries if leading_zero_bits(hashlib.sha256(one.encode()).digest()) >= bits)


@pytest.fixture
def work() -> ProofOfWork:
    return ProofOfWork(lambda: SECRET, BITS)


def test_a_right_answer_passes(work: ProofOfWork) -> None:
    assert work.passed(solve(work.issue()["token"]), "")


def test_an_answer_passes_once(work: ProofOfWork) -> None:
    answer = solve(work.issue()["token"])
    assert work.passed(answer, "")
    assert not work.passed(answer, "")


def test_a_retry_under_the_same_key_passes_again_and_another_key_does_not(work: ProofOfWork) -> None:
    answer = solve(work.issue()["token"])
    assert work.passed(answer, "order-1")
    assert work.passed(answer, "order-1")
    assert not work.passed(answer, "order-2")
    assert not work.passed(answer, "")


def test_another_number_for_a_used_token_is_no_other_answer(work: ProofOfWork) -> None:
    token = work.issue()["token"]
    first = solve(token)
    assert work.passed(first, "order-1")
    start = int(first.rpartition(":")[2]) + 1
    tries = (f"{token}:{number}" for number in count(start))
    second = next(one for one in tries if leading_zero_bits(hashlib.sha256(one.encode()).digest()) >= BITS)
    assert not work.passed(second, "order-2")


@given(st.integers(0, 2000))
def test_a_number_passes_only_if_its_digest_has_the_zeros(number: int) -> None:
    work = ProofOfWork(lambda: SECRET, BITS)
    answer = f"{work.issue()['token']}:{number}"
    assert work.passed(answer, "") == hashlib.sha256(answer.encode()).hexdigest().startswith(("00", "01", "02", "03"))


@pytest.mark.parametrize("answer", ["", ":", "x:1", "token", "token:", "token:-1", "token:1e3", "token:" + "9" * 21])
def test_what_is_no_answer_does_not_pass(answer: str, work: ProofOfWork) -> None:
    assert not work.passed(answer, "")


def test_a_token_of_another_secret_or_of_less_work_does_not_pass(work: ProofOfWork) -> None:
    assert not work.passed(solve(ProofOfWork(lambda: "another secret of thirty-two char", BITS).issue()["token"]), "")
    assert not work.passed(solve(ProofOfWork(lambda: SECRET, BITS - 1).issue()["token"]), "")


def test_an_old_token_does_not_pass(work: ProofOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = solve(work.issue()["token"])
    monkeypatch.setattr(proof_of_work, "VALID_SECONDS", -1)
    assert not work.passed(answer, "")


def test_no_more_used_answers_are_remembered_than_may_be(work: ProofOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_of_work, "USED_MAX", 3)
    for _ in range(10):
        assert work.passed(solve(work.issue()["token"]), "")
    assert len(work._used) <= 5


@given(st.binary(min_size=1, max_size=8))
def test_leading_zeros_are_counted_as_written(digest: bytes) -> None:
    bits = "".join(f"{byte:08b}" for byte in digest)
    assert leading_zero_bits(digest) == len(bits) - len(bits.lstrip("0"))
