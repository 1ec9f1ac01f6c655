"""When a call is sent again, after how long, under which key, and when it gives up: exact, without IO."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.client import (
    AllHeld,
    Busy,
    InternalError,
    KeyReused,
    NoAnswer,
    RateLimited,
    Retries,
    SelloutError,
    SoldOut,
    Unavailable,
    UnknownPurchase,
)
from sellout.client import buying as buyers
from sellout.client import organising as organisers
from sellout.client.answers import Answer, Lost
from sellout.client.exchange import SEND_SECONDS_MIN, Call, quoted
from sellout.http.requests import KEY_LENGTH_MAX, read_key
from tests.client.play import BOUGHT, KEY, LOST, SECONDS, Play, problem

BUSY = problem(503, "busy", retry_after=1)
SOLD_OUT = problem(410, "sold_out")
DEFECT = problem(500, "internal_error")
UNITS_HELD = problem(409, "all_held", retry_after=4)
GATEWAY = Answer(502, {}, b"<html>")

KEYED = (
    buyers.buy("i"), buyers.buy_ticket(), buyers.buy_basket({"i": 1}), buyers.hold("i"), buyers.hold_basket({"i": 1}),
    buyers.pay("h"), buyers.confirm("h"), buyers.join("i", "b"), organisers.refund("p"),
)  # fmt: skip
READING = (
    buyers.items(), buyers.item("i"), buyers.audit("i"), buyers.purchase("p"), buyers.lookup("i", "k"),
    buyers.get_hold("h"), buyers.entry("e"), organisers.purchases("i")(None), organisers.late_payments("i")(None),
)  # fmt: skip
ONCE = (buyers.release("h"), buyers.leave("e"), organisers.add_item("n", 1), organisers.change_item("i", capacity=1))


def test_one_key_is_made_and_goes_with_every_try() -> None:
    play = Play()
    purchase = play.run(buyers.buy("item-a"), [LOST, BUSY, GATEWAY, BOUGHT])
    assert purchase.purchase_id == "p-1"
    assert play.made == 1
    assert [send.headers["Idempotency-Key"] for send in play.sent] == [f'"{KEY}"'] * 4
    assert len({(send.method, send.path, send.body) for send in play.sent}) == 1


def test_a_given_key_is_used_and_none_is_made() -> None:
    play = Play()
    play.run(buyers.buy("item-a", key='my "own" \\ key'), [BOUGHT])
    assert play.made == 0
    assert play.sent[0].headers["Idempotency-Key"] == r'"my \"own\" \\ key"'


@pytest.mark.parametrize("key", ["", "ä", "two\nlines", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_sent(key: str) -> None:
    play = Play()
    with pytest.raises(ValueError, match="a key must have 1 to 255 printable ASCII characters"):
        play.run(buyers.buy("item-a", key=key), [])
    assert play.sent == []


@pytest.mark.parametrize("call", KEYED, ids=lambda call: call.path)
def test_every_call_that_takes_something_has_a_key_and_is_tried_again(call: Call[object]) -> None:
    for first in (LOST, BUSY, GATEWAY, DEFECT, problem(429, "rate_limited", retry_after=1)):
        play = Play()
        with pytest.raises(SoldOut) as caught:
            play.run(call, [first, SOLD_OUT])
        assert caught.value.key == KEY
        assert caught.value.tries == 2


@pytest.mark.parametrize("call", READING, ids=lambda call: call.path)
def test_reading_is_tried_again_without_a_key_but_not_over_a_defect(call: Call[object]) -> None:
    play = Play()
    with pytest.raises(InternalError):
        play.run(call, [LOST, BUSY, DEFECT])
    assert all("Idempotency-Key" not in send.headers for send in play.sent)


@pytest.mark.parametrize("call", ONCE, ids=lambda call: f"{call.method} {call.path}")
@pytest.mark.parametrize("answer", [LOST, BUSY, GATEWAY, DEFECT])
def test_what_has_no_key_and_does_something_is_sent_once(call: Call[object], answer: Answer | Lost) -> None:
    play = Play()
    with pytest.raises(Unavailable) as caught:
        play.run(call, [answer])
    assert caught.value.key is None
    assert len(play.sent) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 501, 505])
def test_other_answers_are_the_last_word(status: int) -> None:
    play = Play()
    with pytest.raises(SelloutError) as caught:
        play.run(buyers.buy("item-a"), [problem(status, "something_new")])
    assert caught.value.status == status
    assert play.pauses == []


def test_the_last_try_raises_what_it_met_with_the_key() -> None:
    play = Play()
    with pytest.raises(NoAnswer) as caught:
        play.run(buyers.buy("item-a"), [BUSY, LOST, LOST], Retries(tries=3))
    assert (caught.value.key, caught.value.tries) == (KEY, 3)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert "the connection broke" in str(caught.value)


def test_pauses_double_up_to_their_bound() -> None:
    play = Play(chance=1.0)
    with pytest.raises(NoAnswer):
        play.run(buyers.buy("item-a"), [LOST] * 6, Retries(tries=6, pause_first=0.5, pause_max=3))
    assert play.pauses == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_retry_after_comes_before_the_jitter() -> None:
    play = Play(chance=0.5)
    play.run(buyers.buy("item-a"), [BUSY, problem(503, "unavailable", retry_after=7), LOST, BOUGHT], Retries())
    assert play.pauses == [1.05, 7.1, 0.2]


def test_retry_after_beyond_the_time_gives_up_at_once_and_says_it() -> None:
    play = Play()
    with pytest.raises(RateLimited) as caught:
        play.run(buyers.buy("item-a"), [problem(429, "rate_limited", retry_after=30)], Retries(seconds=30))
    assert caught.value.retry_after == 30
    assert play.pauses == []


def test_the_time_in_all_bounds_tries_and_pauses() -> None:
    play = Play(takes=4)
    with pytest.raises(NoAnswer):
        play.run(buyers.buy("item-a"), [LOST] * 3, Retries(tries=100, seconds=12, pause_first=0, pause_max=0))
    assert [send.seconds for send in play.sent] == [SECONDS, 8, 4]


@given(
    chance=st.floats(0, 1),
    takes=st.floats(0, 20),
    retries=st.builds(
        Retries,
        tries=st.integers(1, 50),
        seconds=st.floats(0.1, 100),
        pause_first=st.floats(0, 2),
        pause_max=st.floats(2, 10),
    ),
    retry_after=st.integers(0, 40),
)
def test_whatever_the_limits_a_call_ends_within_them(
    chance: float, takes: float, retries: Retries, retry_after: int
) -> None:
    play = Play(chance=chance, takes=takes)
    began = play.now
    answers = [problem(503, "busy", retry_after=retry_after)] * retries.tries
    with pytest.raises(Busy):
        play.run(buyers.buy("item-a"), answers, retries)
    assert len(play.sent) <= retries.tries
    for failed, pause in enumerate(play.pauses, 1):
        assert 0 <= pause - retry_after <= min(retries.pause_max, retries.pause_first * 2 ** (failed - 1)) + 1e-9
    assert play.now - began <= retries.seconds + takes + 1e-6
    assert all(SEND_SECONDS_MIN <= send.seconds <= SECONDS for send in play.sent)


@pytest.mark.parametrize(
    "limits", [{"tries": 0}, {"seconds": 0}, {"pause_first": -1}, {"pause_first": 9.0, "pause_max": 1.0}]
)
def test_limits_that_cannot_be_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Retries(**limits)  # type: ignore[arg-type]


# Waiting while all units are held.


def test_all_held_is_the_answer_unless_the_caller_waits() -> None:
    play = Play()
    with pytest.raises(AllHeld) as caught:
        play.run(buyers.buy("item-a"), [UNITS_HELD])
    assert caught.value.retry_after == 4


WAITING = (
    buyers.buy("i", wait_seconds=60), buyers.buy_ticket(wait_seconds=60), buyers.hold("i", wait_seconds=60),
    buyers.buy_basket({"i": 1}, wait_seconds=60), buyers.hold_basket({"i": 1}, wait_seconds=60),
)  # fmt: skip


@pytest.mark.parametrize("call", WAITING, ids=lambda call: call.path)
def test_who_waits_asks_when_the_earliest_hold_ends(call: Call[object]) -> None:
    play = Play(chance=0.5)
    with pytest.raises(SoldOut):
        play.run(call, [UNITS_HELD, UNITS_HELD, SOLD_OUT])
    assert play.pauses == [4.05, 4.05]
    assert play.made == 1


def test_nobody_waits_longer_than_they_want() -> None:
    play = Play(chance=1.0)
    with pytest.raises(AllHeld):
        play.run(buyers.buy("item-a", wait_seconds=8.05), [UNITS_HELD] * 2)
    assert play.pauses == [4.1]  # after it 3.95 seconds are left, and the next hold ends in 4


def test_the_jitter_does_not_carry_a_wait_beyond_its_end() -> None:
    play = Play(chance=1.0)
    play.run(buyers.buy("item-a", wait_seconds=4.02), [UNITS_HELD, BOUGHT])
    assert play.pauses == [pytest.approx(4.02)]


def test_waiting_does_not_use_up_the_tries() -> None:
    play = Play(chance=0)
    retries = Retries(tries=2, seconds=5)
    answers: list[Answer | Lost] = [LOST, UNITS_HELD, LOST, UNITS_HELD, LOST, BOUGHT]
    assert play.run(buyers.buy("item-a", wait_seconds=100), answers, retries).purchase_id == "p-1"


# What is sent.


def test_only_what_the_organiser_does_asks_for_the_organiser_key() -> None:
    organisers_calls = {call.path for call in (*KEYED, *READING, *ONCE) if call.organiser}
    assert organisers_calls == {
        "/v1/items", "/v1/items/i", "/v1/purchases/p/refund", "/v1/items/i/purchases", "/v1/items/i/late-payments",
    }  # fmt: skip
    assert not any(call.organiser for call in (buyers.items(), buyers.item("i")))


def test_ids_are_one_part_of_the_path_whatever_they_are() -> None:
    assert buyers.item("a/b?c#d%").path == "/v1/items/a%2Fb%3Fc%23d%25"
    with pytest.raises(ValueError, match="must not be empty"):
        buyers.item("")


def test_a_refusal_may_be_a_result() -> None:
    nothing = problem(404, "unknown_purchase")
    assert Play().run(buyers.lookup("item-a", "k"), [nothing]) is None
    with pytest.raises(UnknownPurchase):
        Play().run(buyers.purchase("p"), [nothing])


def test_a_reused_key_is_the_last_word() -> None:
    with pytest.raises(KeyReused):
        Play().run(buyers.buy("item-a"), [problem(422, "key_reused")])


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_the_server_reads_any_key_as_it_was(key: str) -> None:
    assert read_key(quoted(key[:KEY_LENGTH_MAX])) == key[:KEY_LENGTH_MAX]
